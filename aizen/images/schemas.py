"""What is sent and answered about images.

The answers are built by ``presenting``; these schemas document them, and tests hold the one against the other.
"""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load, validates_schema

from aizen.images.models import AI_STATUSES, ALT_STATUSES, SOURCES, STATUSES, VISIBILITIES
from aizen.images.queries import LONGEST_QUERY, LONGEST_TAG, MOST_TAGS
from aizen.images.similar import FARTHEST, NEAR
from aizen.web.fields import Choice, Text, Timestamp, Truth, Whole, refusal
from aizen.web.pagination import LARGEST_PAGE, PAGE

# Clients of old addresses take the first page for the whole list.
# What a search at an old address may skip: it is read all the same.
MOST_SKIPPED = 1000
OLD_PAGE = 1000
TAGS_IN_A_LIST = {"type": "array", "items": {"type": "string", "maxLength": LONGEST_TAG}, "maxItems": MOST_TAGS}
NO_PICTURE_YET = "null while the image is generated, and if that failed"
WHO_SEES_IT = "private: its owner; unlisted: whoever has its address; public: everybody"
NEEDS_SHARING = "All but private needs the scope shares:write"


class Tags(fields.Field[list[str]]):
    """Tags from repeated fields or one comma-separated field: lower case, without repeats, in their order.

    In JSON, ``in_a_list``, they are a list of strings.
    """

    def __init__(self, *, in_a_list: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.in_a_list = in_a_list

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        texts = value if isinstance(value, list) or self.in_a_list else [value]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise refusal("wrong_type", "Must be a list of strings.")
        if self.in_a_list and any("," in text for text in texts):
            raise refusal("comma", "A tag has no comma.")
        one = Text(longest=LONGEST_TAG)
        tags = [one.deserialize(tag) for text in texts for tag in text.split(",") if tag.strip()]
        if len(tags) > MOST_TAGS:
            raise refusal("too_many", f"Must have at most {MOST_TAGS} tags.")
        return list(dict.fromkeys(tag.casefold() for tag in tags))


def visibility_meant(data: dict[str, Any], *, otherwise: str) -> str:
    """Who shall see an image by ``visibility`` and ``is_public``, of which one may be left out. Raises ValidationError if they disagree."""
    visibility, is_public = data.get("visibility"), data.get("is_public")
    if is_public is None:
        return str(visibility or otherwise)
    if visibility is not None and (visibility == "public") is not is_public:
        error = refusal("disagrees", "Must agree with visibility, or be left out.")
        raise ValidationError({"is_public": error.messages})
    return str(visibility or ("public" if is_public else "private"))


class UploadSchema(Schema):
    """The fields beside the file."""

    title = Text(longest=200, load_default="")
    description = Text(longest=5000, lines=True, load_default="")
    alt = Text(longest=1000, load_default="", metadata={"description": "What somebody who cannot see the image should be told"})
    tags = Tags(
        load_default=list, metadata={"type": "string", "description": "Comma-separated, or sent several times", "example": "alps,2024"}
    )
    visibility = Choice(*VISIBILITIES, load_default="private", metadata={"description": f"{WHO_SEES_IT}. {NEEDS_SHARING}"})
    describe = Truth(load_default=True, metadata={"description": "false leaves the description out"})
    on_duplicate = Choice(
        "keep",
        "return",
        metadata={
            "default": "keep",
            "description": "Where you have an image with the same bytes: keep makes another one, whose duplicate_of names the first;"
            " return answers 200 with the first, and makes none",
        },
    )


class FocalPointSchema(Schema):
    """The point that a crop keeps, in fractions of the upright picture from its upper left corner."""

    x = fields.Float(required=True, metadata={"minimum": 0, "maximum": 1})
    y = fields.Float(required=True, metadata={"minimum": 0, "maximum": 1})


class FocalPoint(fields.Field[tuple[float, float]]):
    """``{"x": 0.5, "y": 0.3}`` as two fractions."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[float, float]:
        if not isinstance(value, dict) or set(value) != {"x", "y"}:
            raise refusal("wrong_type", 'Must be an object such as {"x": 0.5, "y": 0.3}.', allowed=("x", "y"))
        x, y = value["x"], value["y"]
        if not all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in (x, y)):
            raise refusal("wrong_type", "x and y must be numbers.")
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise refusal("out_of_range", "x and y must be between 0 and 1.")
        return float(x), float(y)


class EditSchema(Schema):
    """What is to be changed; what is not named stays as it is."""

    visibility = Choice(
        *VISIBILITIES,
        metadata={"description": f"{WHO_SEES_IT}. What was made of a public image closes before this is answered. {NEEDS_SHARING}"},
    )
    title = Text(longest=200)
    description = Text(longest=5000, lines=True)
    alt = Text(longest=1000, metadata={"description": "An alt text of your own is approved; an empty one brings the suggestion back"})
    alt_status = Choice(
        *ALT_STATUSES,
        metadata={
            "description": "approved takes the suggestion over, or the alt text that is sent; decorative: there is nothing to be told;"
            " suggested and missing take the alt text away"
        },
    )
    tags = Tags(in_a_list=True, metadata={**TAGS_IN_A_LIST, "description": "All of them: those that are left out are gone"})
    focal_point = FocalPoint(
        allow_none=True,
        metadata={
            "type": "object",
            "properties": {axis: {"type": "number", "minimum": 0, "maximum": 1} for axis in ("x", "y")},
            "required": ["x", "y"],
            "additionalProperties": False,
        },
    )


class OldUploadSchema(UploadSchema):
    """The same at an old address, whose clients say of an image whether it is public, in a word of their own."""

    class Meta:
        unknown = EXCLUDE
        exclude = ("on_duplicate",)

    visibility = Choice(*VISIBILITIES)
    is_public = fields.Boolean()

    @post_load
    def _in_one_word(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        data["visibility"] = visibility_meant(data, otherwise="private")
        return {name: value for name, value in data.items() if name != "is_public"}


def _url(*, shortest: int = 1, **options: Any) -> Text:
    says = "Where the image is fetched from, over http or https; nothing private is called"
    return Text(longest=2048, shortest=shortest, metadata={"description": says, "example": "https://example.org/picture.jpg"}, **options)


class UploadFormSchema(UploadSchema):
    """The text fields of a multipart body."""

    # A page's form sends a field that nobody has touched as well.
    url = _url(shortest=0)


class UploadBodySchema(UploadFormSchema):
    """The multipart body of an upload: ``image`` or ``url``, and what is said of it."""

    # That one of the two is required would be a oneOf, which pages that are made of the document show as no form.
    image = fields.Raw(
        metadata={"type": "string", "format": "binary", "description": "JPEG, PNG, GIF, WebP or AVIF; required, unless url is sent"}
    )


class UrlBodySchema(UploadSchema):
    """The JSON body of an upload by URL."""

    url = _url(required=True)
    tags = Tags(in_a_list=True, load_default=list, metadata=TAGS_IN_A_LIST)


class PageArguments(Schema):
    """How a page of images is asked for."""

    limit = Whole(lowest=1, highest=LARGEST_PAGE, load_default=PAGE)
    cursor = Text(longest=1000, metadata={"description": "From the Link header of the page before"})
    sort = Choice("-uploaded_at", "uploaded_at", load_default="-uploaded_at", metadata={"description": "A minus puts the newest first"})

    @pre_load
    def _one_of_each(self, data: Any, **_: Any) -> dict[str, Any]:
        sent = {name: data.getlist(name) if hasattr(data, "getlist") else [data[name]] for name in data}
        repeated = [name for name, values in sent.items() if len(values) > 1 and name != "tag"]
        if repeated:
            raise ValidationError({name: refusal("repeated", "Must be sent once.").messages for name in repeated})
        return {name: values if name == "tag" else values[0] for name, values in sent.items()}


class ListArguments(PageArguments):
    """How a list of one's own images is asked for."""

    search = Text(
        longest=LONGEST_QUERY,
        metadata={
            "description": 'Words that title, alt text, descriptions, tags, prompt or file name must hold, or begin with; `"a phrase"`,'
            " `-without`, `tag:alps`, `is:ready`, `before:2026-11`, `after:2025`",
            "example": 'mountain -snow after:2025 "picos de europa"',
        },
    )
    tag = Tags(metadata={"type": "string", "description": "Only images with this tag, yours or the describer's; several: with all of them"})
    status = Choice(*STATUSES)
    visibility = Choice(*VISIBILITIES)
    source = Choice(*SOURCES)
    trashed = Truth(
        metadata={"description": "true: only what lies in the trash; without it those are left out, unless search says is:trashed"}
    )
    include = Choice("total", metadata={"description": "total adds the header X-Total-Count"})


class MatchedSchema(Schema):
    """Where a search found the image."""

    field = fields.String(
        required=True,
        metadata={"enum": ["title", "alt", "description", "tags", "ai.description", "ai.alt", "ai.tags", "prompt", "file_name"]},
    )
    snippet = fields.String(required=True, metadata={"description": "Plain text around the hit: escape it where it is shown"})


class AnyCase(Choice):
    """One of a few words, also in the capitals of an older system."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return super()._deserialize(value.lower() if isinstance(value, str) else value, attr, data, **kwargs)


class OldPageArguments(PageArguments):
    """The same at an old address, whose clients do not page, or by number."""

    limit = Whole(lowest=1, highest=OLD_PAGE, load_default=OLD_PAGE)
    page = Whole(lowest=1, highest=1_000_000)

    @validates_schema
    def _one_way_of_paging(self, data: dict[str, Any], **_: Any) -> None:
        if "page" in data and "cursor" in data:
            raise ValidationError({"page": refusal("not_with_cursor", "Must not be sent together with a cursor.").messages})

    @post_load
    def _bounded_search(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if not data.get("search") and not data.get("tag"):
            return data
        limit = min(data["limit"], LARGEST_PAGE)
        if (data.get("page", 1) - 1) * limit > MOST_SKIPPED:
            message = f"A search leads past its first {MOST_SKIPPED} images by its Link header only."
            raise ValidationError({"page": refusal("out_of_range", message).messages})
        return {**data, "limit": limit}


class OldListArguments(OldPageArguments, ListArguments):
    """A list of one's own images at an old address, whose clients know no trash."""

    class Meta:
        exclude = ("trashed",)

    status = AnyCase(*STATUSES)


class VariantSchema(Schema):
    """A file made of an image."""

    name = fields.String(required=True, metadata={"example": "w320.webp"})
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)
    bytes = fields.Integer(required=True)
    format = fields.String(required=True, metadata={"enum": ["webp", "jpeg", "png"]})
    url = fields.Url(required=True, metadata={"description": "Opens the file until it expires"})


class AiSchema(Schema):
    """What a describer said; ``provider`` tells who. ``offline`` means that no model has looked at the image."""

    status = fields.String(required=True, metadata={"enum": list(AI_STATUSES)})
    description = fields.String(required=True, allow_none=True)
    alt = fields.String(required=True, allow_none=True)
    tags = fields.List(fields.String(), required=True)
    provider = fields.String(required=True, allow_none=True)
    model = fields.String(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True, metadata={"description": "Why there is no description"})


class OwnerSchema(Schema):
    """The owner, as they see themselves."""

    id = fields.UUID(required=True)
    email = fields.String(required=True)
    username = fields.String(required=True)
    date_joined = Timestamp(required=True)


class LinksSchema(Schema):
    """Where to go from an image. ``thumb`` is null until there is one."""

    self = fields.String(required=True)
    file = fields.String(required=True)
    status = fields.String(required=True)
    thumb = fields.String(required=True, allow_none=True)
    embed = fields.String(required=True, metadata={"description": "Tells what shows the image in a page"})


class GenerationSchema(Schema):
    """How a generated image was asked for beside its prompt, and, once it is there, who painted it."""

    negative_prompt = fields.String(required=True, allow_none=True)
    width = fields.Integer(required=True, metadata={"description": "Pixels; some painters round them"})
    height = fields.Integer(required=True)
    seed = fields.Integer(required=True)
    steps = fields.Integer(required=True, allow_none=True)
    model = fields.String(required=True, allow_none=True)
    provider = fields.String(required=True, allow_none=True, metadata={"description": "offline: no model has made the picture"})


def source_type() -> fields.String:
    """The field of every answer that tells where a picture comes from."""
    return fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Where the picture comes from, as its file says: a term of the IPTC's digital source types;"
            " trainedAlgorithmicMedia is made by a model, compositeWithTrainedAlgorithmicMedia with its help",
            "example": "trainedAlgorithmicMedia",
        },
    )


class ImageSchema(Schema):
    """An image. ``description`` is the owner's own text; the describer's stays in ``ai``."""

    id = fields.UUID(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    title = fields.String(required=True)
    description = fields.String(required=True)
    alt = fields.String(required=True, metadata={"description": "The owner's own; a suggestion stands in ai.alt"})
    alt_status = fields.String(required=True, metadata={"enum": list(ALT_STATUSES)})
    tags = fields.List(fields.String(), required=True)
    file_name = fields.String(required=True)
    format = fields.String(
        required=True,
        allow_none=True,
        metadata={"enum": ["jpeg", "png", "gif", "webp", "avif", None], "description": f"Of the original; {NO_PICTURE_YET}"},
    )
    media_type = fields.String(required=True, allow_none=True)
    width = fields.Integer(required=True, metadata={"description": "Pixels, upright; while it is generated, those that were asked for"})
    height = fields.Integer(required=True, metadata={"description": "Pixels, upright; while it is generated, those that were asked for"})
    bytes = fields.Integer(required=True)
    sha256 = fields.String(required=True, allow_none=True)
    thumbhash = fields.String(required=True, allow_none=True, metadata={"description": "base64; null until the image is ready"})
    dominant_color = fields.String(required=True, allow_none=True, metadata={"example": "#3f6b8a"})
    source = fields.String(required=True, metadata={"enum": list(SOURCES)})
    parent_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "The image that this one was made from, by a transformation or a remix"}
    )
    recipe = fields.String(required=True, allow_none=True, metadata={"description": "How: the canonical recipe in URL spelling"})
    digital_source_type = source_type()
    prompt = fields.String(required=True, allow_none=True, metadata={"description": "What a generated image was asked for by"})
    generation = fields.Nested(GenerationSchema, required=True, allow_none=True)
    is_public = fields.Boolean(required=True)
    visibility = fields.String(required=True, metadata={"enum": list(VISIBILITIES)})
    focal_point = fields.Nested(FocalPointSchema, required=True, allow_none=True)
    ai = fields.Nested(AiSchema, required=True)
    variants = fields.List(fields.Nested(VariantSchema), required=True)
    image = fields.String(required=True, allow_none=True, metadata={"description": "The path part of image_url: it opens"})
    image_url = fields.Url(
        required=True, allow_none=True, metadata={"description": f"Opens the original until it expires; {NO_PICTURE_YET}"}
    )
    signed_url = fields.Url(required=True, allow_none=True, metadata={"description": "The same"})
    links = fields.Nested(LinksSchema, required=True)
    duplicate_of = fields.UUID(required=True, allow_none=True, metadata={"description": "An older image of yours with the same bytes"})
    user = fields.Nested(OwnerSchema, required=True)
    trashed_at = Timestamp(required=True, allow_none=True, metadata={"description": "In the trash since then"})
    uploaded_at = Timestamp(required=True)
    updated_at = Timestamp(required=True)


class FoundSchema(ImageSchema):
    """An image in a list; where words or tags were looked for, with the place that they were found in."""

    matched = fields.Nested(MatchedSchema)


class SimilarArguments(Schema):
    """How near a similar image must be, and how many are told."""

    distance = Whole(
        lowest=0,
        highest=FARTHEST,
        load_default=NEAR,
        metadata={"description": "In how many of its 64 bits the difference hash may differ: 0 looks the same, 10 much alike"},
    )
    limit = Whole(lowest=1, highest=LARGEST_PAGE, load_default=PAGE)


class SimilarSchema(ImageSchema):
    """An image that looks like another one."""

    distance = fields.Integer(required=True, metadata={"description": "In how many of 64 bits the two difference hashes differ"})
    same_pixels = fields.Boolean(
        required=True, metadata={"description": "Whether both show the very same pixels, in whatever format and however they are turned"}
    )


class WorkErrorSchema(Schema):
    """Why a piece of work failed, or last failed."""

    code = fields.String(required=True)
    detail = fields.String(required=True)


class WorkSchema(Schema):
    """A piece of work on an image."""

    kind = fields.String(required=True, metadata={"enum": ["generation", "variants", "description"]})
    state = fields.String(required=True, metadata={"enum": ["waiting", "pending", "working", "done", "failed"]})
    attempts = fields.Integer(required=True)
    error = fields.Nested(WorkErrorSchema, required=True, allow_none=True)


class StatusSchema(Schema):
    """How far the work on an image is."""

    id = fields.UUID(required=True)
    status = fields.String(required=True, metadata={"enum": list(STATUSES)})
    ai_status = fields.String(required=True, metadata={"enum": list(AI_STATUSES)})
    work = fields.List(fields.Nested(WorkSchema), required=True)
    updated_at = Timestamp(required=True)
