"""From a wish to a plan: which file comes of it, what that file depends on, and from which pixels it is made."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar, cast

import sqlalchemy as sa

from aizen.database import db, reading
from aizen.errors import Conflict, FieldError, Invalid, NotFound
from aizen.images.derived import folder_of
from aizen.images.models import DerivedFile, Image, Variant
from aizen.imaging import OUTPUT_MEDIA_TYPES, OutputFormat, Rights
from aizen.imaging.prediction import Prediction, level_covers, needed_scale, predict, require_animated
from aizen.imaging.provenance import BY_MODELS, rights_after
from aizen.imaging.steps import OutputRefused, StepRefused, Watermark
from aizen.settings import Settings
from aizen.transformations import costs, fonts
from aizen.transformations.recipe import Parsed

# Grows whenever the engine or an encoder would make another file of the same recipe: what was kept before is then made anew.
RENDERING_VERSION = "1"
Row = TypeVar("Row", Image, DerivedFile)
# Written once: of a statement that is built anew for each request, building and knowing it again cost as much as sending it.
_OWN_IMAGE = (
    sa.select(Image)
    .where(Image.id == sa.bindparam("image_id"), Image.owner_id == sa.bindparam("owner_id"))
    .execution_options(populate_existing=True)
)
_FILE = sa.select(DerivedFile).where(DerivedFile.image_id == sa.bindparam("image_id"), DerivedFile.cache_key == sa.bindparam("cache_key"))
_LEVELS = (
    sa.select(Variant.key, Variant.width, Variant.height)
    .where(Variant.image_id == sa.bindparam("image_id"), Variant.role == "mezzanine")
    .order_by(Variant.width)
)
STRICT_WARNINGS = "strict_warnings"
PROFILE_MISSING = "profile_missing"
UNKNOWN_IMAGE = "unknown_image"
_UNKNOWN_IMAGE = "Must be the id of an image of yours, alone or with the version that it has now."


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants made of an image of theirs.

    ``reads`` is what an output format of ``auto`` becomes: a format, or ``plain`` for what everybody reads; ``reads_moving`` is the same
    of an animation. With ``strict`` nothing is taken that was made otherwise than asked.
    """

    image_id: uuid.UUID
    owner_id: uuid.UUID
    parsed: Parsed
    reads: str = "plain"
    reads_moving: str = "webp"
    strict: bool = False


@dataclass(frozen=True)
class Source:
    """A stored file to start from: an original, or a level of it. Width and height are upright pixels.

    ``original`` is the key of what a level was made from, which does in its place; None for an original.
    """

    key: str
    width: int
    height: int
    frames: int = 1
    original: str | None = None

    @property
    def pixels(self) -> int:
        return self.width * self.height * self.frames


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a wish is fulfilled. ``cache_key`` is the digest of all that the file depends on, and ``found`` the file, where there is one.

    ``key`` is where it is stored when it is made. ``watermarks`` has a source for each image that a step names, by that name.
    ``made_pixels`` are those that all steps make together, in all frames, at most. ``rights`` are what the file says, as far as it can.
    """

    wish: Wish
    image: Image
    version: str
    format: OutputFormat
    cache_key: str
    key: str
    source: Source
    watermarks: Mapping[str, Source]
    prediction: Prediction
    made_pixels: int
    rights: Rights | None
    found: DerivedFile | None

    @property
    def media_type(self) -> str:
        return OUTPUT_MEDIA_TYPES[self.format]

    @property
    def decoded_pixels(self) -> int:
        """The pixels of what is started from: of the picture in all frames, and of the watermarks, each as often as a step opens it."""
        named = [step.image for step in self.wish.parsed.recipe.steps if isinstance(step, Watermark) and step.image is not None]
        return self.source.pixels + sum(self.watermarks[name].pixels for name in named)

    @property
    def megapixels(self) -> int:
        """What it costs: the pixels that are decoded and those that are made on the way, in whole millions and at least one."""
        return costs.megapixels(self.decoded_pixels + self.made_pixels)


class Look(Protocol):
    """What tells one look of an image from another."""

    @property
    def sha256(self) -> str | None: ...

    @property
    def focal_x(self) -> float | None: ...

    @property
    def focal_y(self) -> float | None: ...


def version_of(image: Look) -> str:
    """Eight hex digits that are others as soon as the same recipe would give another picture."""
    focal = f"{image.focal_x:.6f},{image.focal_y:.6f}" if image.focal_x is not None else ""
    return hashlib.sha256(f"{image.sha256}|{focal}".encode()).hexdigest()[:8]


def plan(wish: Wish, settings: Settings, *, image: Image | None = None) -> Plan:
    """The wish as the database has its image at this moment; ``image`` is its row, where it was read a moment ago.

    Raises NotFound, also for an image of somebody else; Conflict for one without a picture yet; Invalid for what cannot be done to it.
    """
    with reading():
        image = image or _own_image(wish.image_id, wish.owner_id)
        if image is None:
            raise NotFound
        if image.key is None:
            raise Conflict("There is no picture: it is being generated still, or that has failed.", code="no_picture")
        prediction, form = foresee(wish, image, settings)
        scale = needed_scale(wish.parsed.recipe.steps, (image.width, image.height))
        refuse_warnings(wish, prediction.warnings)
        marks = _watermarks(wish, prediction)
        looks = [f"{name}@{version_of(mark)}" for name, (mark, _) in marks.items()]
        rights = _rights(wish, image, [mark for mark, _ in marks.values()])
        cache_key = _cache_key(wish, image, form, looks, rights, settings)
        found = find(image.id, cache_key)
        return Plan(
            wish=wish,
            image=image,
            version=version_of(image),
            format=form,
            cache_key=cache_key,
            key=f"{folder_of(image.visibility)}/{image.id}/{cache_key}.{form}",
            source=_source(image, scale, frame=wish.parsed.recipe.output.frame),
            watermarks={name: source for name, (_, source) in marks.items()},
            prediction=prediction,
            made_pixels=_made_pixels(wish, image, prediction, settings),
            rights=rights,
            found=found,
        )


def foresee(wish: Wish, image: Image, settings: Settings) -> tuple[Prediction, OutputFormat]:
    """What will come of the wish, and in which format, without a look at the database. Raises Invalid for what the image does not allow."""
    recipe = wish.parsed.recipe
    with refusals(wish.parsed):
        prediction = predict(
            recipe.steps,
            (image.width, image.height),
            max_side=settings.transform_max_side,
            has_alpha=image.has_alpha,
            frames=image.frames if recipe.output.frame is None else 1,
            max_pixels=settings.max_image_pixels,
        )
        if image.lacks_profile:
            prediction = replace(prediction, warnings=(*prediction.warnings, PROFILE_MISSING))
        # Whether there is a scale that it can be made at.
        needed_scale(recipe.steps, (image.width, image.height))
        return prediction, _format(wish, image, prediction)


def find(image_id: uuid.UUID, cache_key: str) -> DerivedFile | None:
    """The file of that key, where it has been made."""
    with reading():
        return _apart(db.session.scalar(_FILE, {"image_id": image_id, "cache_key": cache_key}))


def _apart(row: Row | None) -> Row | None:
    """The row as it was read: a transaction that is undone later makes no difference to it."""
    if row is not None:
        db.session.expunge(row)
    return row


@contextmanager
def refusals(parsed: Parsed) -> Iterator[None]:
    """What the picture does not allow leaves this block as Invalid, with the pointer to where it was asked for."""
    try:
        yield
    except StepRefused as error:
        pointer = parsed.pointer(error.step, error.parameter)
        # A recipe in one text has one pointer for all of its steps.
        which = "" if pointer.startswith("/steps/") or len(parsed.recipe.steps) < 2 else f"Step {error.step + 1}: "
        raise Invalid(errors=[FieldError(pointer, error.code, which + error.detail, error.allowed)]) from error
    except OutputRefused as error:
        pointer = parsed.output_pointer(error.parameter)
        raise Invalid(errors=[FieldError(pointer, error.code, error.detail, error.allowed)]) from error


def refuse_warnings(wish: Wish, warnings: Sequence[str]) -> None:
    """Nothing, unless the wish is strict and there are warnings: then Invalid, which lists them."""
    if wish.strict and warnings:
        detail = f"Made not exactly as it was asked for: {', '.join(warnings)}."
        raise Invalid(
            "Something would be made otherwise than asked, which strict forbids.",
            code=STRICT_WARNINGS,
            errors=[FieldError("/strict", STRICT_WARNINGS, detail)],
        )


def _own_image(image_id: uuid.UUID, owner_id: uuid.UUID) -> Image | None:
    return _apart(db.session.scalar(_OWN_IMAGE, {"image_id": image_id, "owner_id": owner_id}))


def _format(wish: Wish, image: Image, prediction: Prediction) -> OutputFormat:
    """The format of the file. Raises OutputRefused for one that would not keep an animation."""
    output = wish.parsed.recipe.output
    moves = image.frames > 1 and output.frame is None
    if output.format == "orig":
        form = cast(OutputFormat, image.format)
    elif output.format == "auto":
        form = _chosen(wish.reads_moving if moves else wish.reads, prediction)
    else:
        form = output.format
    if moves:
        require_animated(form)
    return form


def _chosen(reads: str, prediction: Prediction) -> OutputFormat:
    if reads in OUTPUT_MEDIA_TYPES:
        return reads
    return "png" if prediction.transparent else "jpeg"


def _made_pixels(wish: Wish, image: Image, prediction: Prediction, settings: Settings) -> int:
    recipe = wish.parsed.recipe
    size = image.width, image.height
    frames = image.frames if recipe.output.frame is None else 1
    return costs.made_pixels(recipe.steps, size, prediction, max_side=settings.transform_max_side) * frames


def _rights(wish: Wish, image: Image, marks: Sequence[Image]) -> Rights | None:
    recipe = wish.parsed.recipe
    own = Rights(**image.rights) if image.rights else None
    theirs = [mark.rights.get("digital_source_type") for mark in marks if mark.rights]
    return rights_after(recipe.steps, own, marks=theirs, keep_names=recipe.output.metadata == "copyright")


def _cache_key(wish: Wish, image: Image, form: OutputFormat, marks: Sequence[str], rights: Rights | None, settings: Settings) -> str:
    recipe = wish.parsed.recipe
    source_type = rights.digital_source_type if rights else None
    depends = [
        str(image.id),
        version_of(image),
        # With the format that ``auto`` and ``orig`` have become, so that all who get the same file share it.
        str(replace(recipe, output=replace(recipe.output, format=form))),
        sorted(marks),
        fonts.digest(settings) if any(isinstance(step, Watermark) and step.text is not None for step in recipe.steps) else "",
        RENDERING_VERSION,
        # The files of all other pictures, which have not changed by it, keep the keys that they had before this was told.
        *([source_type] if source_type in BY_MODELS else []),
    ]
    return hashlib.sha256(json.dumps(depends).encode()).hexdigest()


# -- what is started from


def _source(image: Image, scale: float, *, frame: int | None) -> Source:
    """The smallest level that has every pixel that is needed; of an animation, and where a frame is asked for, the original."""
    assert image.key is not None
    original = Source(image.key, image.width, image.height, image.frames if frame is None else min(frame + 1, image.frames))
    if image.frames > 1 or frame is not None or scale >= 1:
        return original
    return next((each for each in _levels(image) if level_covers((each.width, each.height), (image.width, image.height), scale)), original)


def _levels(image: Image) -> list[Source]:
    rows = db.session.execute(_LEVELS, {"image_id": image.id})
    return [Source(key, width, height, original=image.key) for key, width, height in rows]


def _watermarks(wish: Wish, prediction: Prediction) -> dict[str, tuple[Image, Source]]:
    """The caller's own images that steps lay over the picture, by the name that they have there, each with the file to take it from.

    Raises Invalid (unknown_image) for one that there is not, that is somebody else's, or that does not look like that any more.
    """
    found: dict[str, tuple[Image, Source]] = {}
    errors: list[FieldError] = []
    for number, step in enumerate(wish.parsed.recipe.steps):
        if not isinstance(step, Watermark) or step.image is None:
            continue
        image_id, _, version = step.image.partition("@")
        image = _own_image(uuid.UUID(image_id), wish.owner_id)
        if image is None or image.key is None or image.trashed_at is not None or (version and version != version_of(image)):
            errors.append(FieldError(wish.parsed.pointer(number, "image"), UNKNOWN_IMAGE, _UNKNOWN_IMAGE))
            continue
        size = prediction.sizes[number]
        wanted = _watermark_source(image, step.scale * size[0] / image.width if size else 1.0)
        former = found.get(step.image)
        if former is None or former[1].pixels < wanted.pixels:
            found[step.image] = image, wanted
    if errors:
        raise Invalid(errors=errors)
    return found


def _watermark_source(image: Image, scale: float) -> Source:
    # Of an animation the first frame is taken.
    return _source(image, scale, frame=None if image.frames == 1 else 0)
