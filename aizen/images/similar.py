"""Images that look alike: the owner's other ones by the distance of their difference hashes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import sqlalchemy as sa

from aizen.database import db, hamming_distance, reading
from aizen.errors import Conflict, NotFound
from aizen.images.models import Image, ListedImage
from aizen.images.shown import Shown, variants_of

# Of 64 bits. What was resized, compressed or made a little lighter is nearer, another picture hardly ever.
NEAR, FARTHEST = 10, 32
_IMAGES = sa.inspect(Image).local_table.c


@dataclass(frozen=True)
class Similar:
    """An image, in how many bits its hash differs, and whether its pixels are the very same."""

    shown: Shown
    distance: int
    same_pixels: bool


def find(image_id: uuid.UUID, *, owner_id: uuid.UUID, distance: int, limit: int) -> list[Similar]:
    """The owner's other images within that distance of this one, the nearest first; none that lies in the trash.

    Raises NotFound, and Conflict for an image whose fingerprints are not there.
    """
    with reading():
        own = sa.select(Image.dhash, Image.pixels_sha256).where(Image.id == image_id, Image.owner_id == owner_id)
        fingerprints = db.session.execute(own).first()
        if fingerprints is None:
            raise NotFound
        if fingerprints.dhash is None:
            raise Conflict("This image has no fingerprints: they are made together with its variants.", code="no_fingerprints")
        near = _near(fingerprints.dhash, fingerprints.pixels_sha256, distance=distance, limit=limit)
        rows = db.session.connection().execute(near, {"image_id": image_id, "owner_id": owner_id}).all()
        variants = variants_of([row.id for row in rows])
    return [Similar(Shown(ListedImage._make(row[2:]), variants.get(row.id, [])), row.distance, row.same_pixels) for row in rows]


def _near(own: int, pixels: str | None, *, distance: int, limit: int) -> sa.Select[tuple[int, bool]]:
    """As many rows as are wanted, whole: all others are read no further than their fingerprints."""
    difference = hamming_distance(_IMAGES.dhash, sa.literal(own, sa.BigInteger))
    same = sa.func.coalesce(_IMAGES.pixels_sha256 == sa.literal(pixels, sa.String), sa.false())
    nearest = (
        sa.select(_IMAGES.id, difference.label("distance"), same.label("same_pixels"))
        .where(_IMAGES.owner_id == sa.bindparam("owner_id"), _IMAGES.id != sa.bindparam("image_id"))
        .where(_IMAGES.trashed_at.is_(None), _IMAGES.dhash.is_not(None), difference <= distance)
        .order_by("distance", sa.desc("same_pixels"), _IMAGES.created_at.desc(), _IMAGES.id.desc())
        .limit(limit)
        .subquery()
    )
    order = (nearest.c.distance, nearest.c.same_pixels.desc(), _IMAGES.created_at.desc(), _IMAGES.id.desc())
    listed = sa.select(nearest.c.distance, nearest.c.same_pixels, *(_IMAGES[name] for name in ListedImage._fields))
    return listed.join(nearest, nearest.c.id == _IMAGES.id).order_by(*order)
