"""What readers see of images. Pages of them are read as plain values: entities, which can be changed, cost several times as much."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from aizen.database import db
from aizen.images import search
from aizen.images.models import Image, ListedImage, Variant

_IMAGES = sa.inspect(Image).local_table.c
LISTED = sa.select(*(_IMAGES[name] for name in ListedImage._fields))
"""The columns of listed images, for conditions and an order to be added."""


class OpenVariant(NamedTuple):
    """A variant that viewers may open, as an answer tells of it."""

    name: str
    key: str
    format: str
    width: int
    height: int
    bytes: int


@dataclass(frozen=True)
class Shown:
    """An image with the variants that viewers may open."""

    image: Image | ListedImage
    variants: Sequence[OpenVariant]
    match: search.Match | None = None


def listed(statement: sa.Select[Any]) -> list[ListedImage]:
    """What ``statement``, which ``LISTED`` has become, finds."""
    return [ListedImage(*row) for row in db.session.execute(statement)]


def variants_of(image_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[OpenVariant]]:
    """The variants of each image that viewers may open, the smallest first."""
    found: dict[uuid.UUID, list[OpenVariant]] = {}
    if image_ids:
        # All at once: a result that is walked through fetches each row by itself.
        for image_id, *columns in db.session.execute(_open_variants(db.engine.dialect.name), {"image_ids": image_ids}).all():
            found.setdefault(image_id, []).append(OpenVariant(*columns))
    return found


@cache
def _open_variants(dialect: str) -> sa.Select[Any]:
    variants = sa.inspect(Variant).local_table.c
    is_theirs: sa.ColumnElement[bool]
    if dialect == "sqlite":
        is_theirs = variants.image_id.in_(sa.bindparam("image_ids", expanding=True))
    else:
        # One array: many parameters would be written out, and taken apart by the driver, for each page.
        is_theirs = variants.image_id == sa.any_(sa.bindparam("image_ids", type_=ARRAY(sa.Uuid)))
    columns = (variants[name] for name in OpenVariant._fields)
    theirs = sa.select(variants.image_id, *columns).where(is_theirs, variants.role == "variant")
    return theirs.order_by(variants.image_id, variants.width, variants.format.desc())
