"""Making the variants of an image: one decode, every size, each stored under this attempt's own keys; and its fingerprints with them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog

from aizen.adapters import Adapters, image_limits
from aizen.database import db, new_id, reading
from aizen.errors import Final, NotFound, Unavailable, Unreadable
from aizen.images import files, library
from aizen.images.models import Image, Variant
from aizen.imaging import Limits, Measurements, Picture, PlannedRendition, Rendition, Rights
from aizen.imaging.fingerprints import PixelsSeen, dhash, pixels_sha256
from aizen.imaging.measuring import measure
from aizen.imaging.variants import plan, render
from aizen.queue import WorkTimedOut
from aizen.work import items, removals
from aizen.work.kinds import Lease, Record

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Made:
    """The rows of the stored files, and what was found out of the picture."""

    rows: list[dict[str, Any]]
    measurements: Measurements
    pixels_sha256: str | None
    dhash: int


def make(lease: Lease, adapters: Adapters) -> Record:
    """The variants are stored under keys of this attempt; what is answered makes them the image's own.

    Raises Unreadable and the like for a picture that cannot be drawn, Unavailable for an outage: then the keys are given up.
    """
    with reading():
        image = db.session.get(Image, lease.subject_id, populate_existing=True)
    if image is None or image.key is None:
        raise Final("The image is gone.", code="image_gone")
    picture = picture_of(image)
    keys = {each.name: _key(image, lease, each) for each in plan(picture, widths=adapters.settings.variant_widths)}
    removals.reserve(keys.values(), adapters.settings)
    try:
        with files.local_file(image.key, adapters) as path:
            made = _render_all(path, image, picture, keys=keys, adapters=adapters)
    except NotFound:
        removals.give_up(list(keys.values()), adapters.settings, settled=True)
        raise Final("The original is not in the storage any more.", code="original_missing") from None
    except BaseException as error:
        removals.give_up(list(keys.values()), adapters.settings, settled=not isinstance(error, (Unavailable, WorkTimedOut)))
        raise
    return lambda: _record(image.id, made, adapters)


def picture_of(image: Image) -> Picture:
    """What is known of the original, as the imaging package has it."""
    return Picture(
        format=image.format,  # type: ignore[arg-type]
        width=image.width,
        height=image.height,
        frames=image.frames,
        has_alpha=image.has_alpha,
        rights=Rights(**image.rights) if image.rights else None,
    )


def _key(image: Image, lease: Lease, planned: PlannedRendition) -> str:
    return f"images/{image.owner_id}/{image.id}/{lease.token.hex[:16]}/{planned.name}"


def _render_all(path: str, image: Image, picture: Picture, *, keys: dict[str, str], adapters: Adapters) -> _Made:
    rows = []
    smallest: Rendition | None = None
    limits, pixels = image_limits(adapters.settings), PixelsSeen()
    for rendition in render(path, picture=picture, widths=adapters.settings.variant_widths, limits=limits, seen=pixels.see):
        adapters.storage.put(keys[rendition.name], rendition.data, media_type=rendition.media_type)
        rows.append(_row(image.id, rendition, keys[rendition.name]))
        if rendition.format in ("jpeg", "png") and (
            smallest is None or rendition.width * rendition.height < smallest.width * smallest.height
        ):
            smallest = rendition
    assert smallest is not None
    return _Made(rows, measure(smallest.data), pixels.sha256 or digest_of(path, limits), dhash(smallest.data))


def digest_of(path: str, limits: Limits) -> str | None:
    """The digest of the picture's pixels; None where there is not the memory for all of them at once, as there need not be for variants."""
    try:
        return pixels_sha256(path, limits=limits)
    except Unreadable as error:
        log.info("no digest of the pixels", code=error.code)
        return None


def _row(image_id: uuid.UUID, rendition: Rendition, key: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "image_id": image_id,
        "name": rendition.name,
        "role": rendition.role,
        "key": key,
        "format": rendition.format,
        "media_type": rendition.media_type,
        "width": rendition.width,
        "height": rendition.height,
        "bytes": len(rendition.data),
    }


def _record(image_id: uuid.UUID, made: _Made, adapters: Adapters) -> None:
    removals.keep([row["key"] for row in made.rows])
    former = list(db.session.scalars(sa.select(Variant.key).where(Variant.image_id == image_id)))
    removals.remove(former, adapters.settings)
    db.session.execute(sa.delete(Variant).where(Variant.image_id == image_id))
    db.session.execute(sa.insert(Variant), made.rows)
    try:
        library.change(
            image_id,
            status="ready",
            thumbhash=made.measurements.thumbhash,
            dominant_color=made.measurements.dominant_color,
            measurements=made.measurements.as_json(),
            pixels_sha256=made.pixels_sha256,
            dhash=made.dhash,
        )
    except NotFound:
        raise items.LeaseLost from None
    items.release(library.DESCRIPTION, subject_id=image_id, adapters=adapters)


def expected_names(image: Image, widths: tuple[int, ...]) -> set[str]:
    """The names of all files that a ready image has."""
    return {each.name for each in plan(picture_of(image), widths=widths)}
