"""The public gallery."""

from __future__ import annotations

from marshmallow import Schema, ValidationError, fields, validates_schema

from aizen.images.queries import LONGEST_QUERY
from aizen.images.schemas import OldPageArguments, PageArguments, VariantSchema, source_type
from aizen.web.fields import Text, Timestamp, refusal

# What a page by its number may skip: it is read all the same, for whoever asks.
MOST_SKIPPED = 10_000


class GalleryArguments(PageArguments):
    """How the gallery is asked for."""

    search = Text(
        longest=LONGEST_QUERY,
        metadata={
            "description": 'Words that title, alt text, description or tags must hold, or begin with; `"a phrase"`, `-without`, `tag:alps`,'
            " `before:2026-11`, `after:2025`",
            "example": 'mountain -snow after:2025 "picos de europa"',
        },
    )


class OldGalleryArguments(OldPageArguments, GalleryArguments):
    """The same at an old address."""

    @validates_schema
    def _not_too_far(self, data: dict[str, int], **_: object) -> None:
        if (data.get("page", 1) - 1) * data["limit"] > MOST_SKIPPED:
            message = f"Past the first {MOST_SKIPPED} images leads the Link header only."
            raise ValidationError({"page": refusal("out_of_range", message).messages})


class ArtistSchema(Schema):
    """The owner, as everybody sees them."""

    username = fields.String(required=True)


class PublicLinksSchema(Schema):
    """Where to go from a public image."""

    self = fields.String(required=True)
    thumb = fields.String(required=True, allow_none=True)


class PublicImageSchema(Schema):
    """An image as everybody sees it."""

    id = fields.UUID(required=True)
    status = fields.String(required=True, metadata={"enum": ["ready"]})
    title = fields.String(required=True)
    description = fields.String(required=True, metadata={"description": "The owner's own words"})
    alt = fields.String(
        required=True, allow_none=True, metadata={"description": 'What its owner has approved; "" for a decorative one, null for none'}
    )
    tags = fields.List(fields.String(), required=True, metadata={"description": "The owner's own"})
    width = fields.Integer(required=True, metadata={"description": "Pixels of the original, upright"})
    height = fields.Integer(required=True)
    thumbhash = fields.String(required=True, allow_none=True, metadata={"description": "base64"})
    dominant_color = fields.String(required=True, allow_none=True, metadata={"example": "#3f6b8a"})
    digital_source_type = source_type()
    is_public = fields.Boolean(required=True)
    visibility = fields.String(required=True, metadata={"enum": ["public", "unlisted"]})
    variants = fields.List(fields.Nested(VariantSchema), required=True)
    image = fields.String(required=True, allow_none=True, metadata={"description": "The path part of image_url: it opens"})
    image_url = fields.Url(required=True, allow_none=True, metadata={"description": "Opens the largest variant until it expires"})
    links = fields.Nested(PublicLinksSchema, required=True)
    user = fields.Nested(ArtistSchema, required=True)
    uploaded_at = Timestamp(required=True)
