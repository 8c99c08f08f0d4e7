"""What readers see of images. Pages of them are read as plain values: entities, which can be changed, cost several times as much."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from aizen.database import db
from aizen.images import search
from aizen.images.models import Image, ListedImage, Variant
from aizen.web import pagination

_IMAGES = sa.inspect(Image).local_table.c
_LISTED = sa.select(*(_IMAGES[name] for name in ListedImage._fields)).where(_IMAGES.owner_id == sa.bindparam("owner_id"))


class OpenVariant(NamedTuple):
    """A variant that viewers may open, as an answer tells of it."""

    image_id: uuid.UUID
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


def listed(
    owner_id: uuid.UUID,
    conditions: Sequence[sa.ColumnElement[bool]],
    *,
    in_trash: bool | None,
    newest_first: bool,
    after: pagination.Position | None,
    limit: int,
    skip: int,
) -> list[ListedImage]:
    """The owner's images by time which fulfil the conditions and lie there, one more than the page holds."""
    statement = _by_time(in_trash=in_trash, newest_first=newest_first, goes_on=after is not None)
    if conditions:
        statement = statement.where(*conditions)
    wanted = {"owner_id": owner_id, "skip": skip, **pagination.bounds(after, limit)}
    return [ListedImage._make(row) for row in _rows(statement, wanted)]


def lying(*, in_trash: bool | None) -> Sequence[sa.ColumnElement[bool]]:
    """The condition that an image lies there, in the trash or outside of it; none, where it may lie in both."""
    return [] if in_trash is None else [Image.trashed_at.is_not(None) if in_trash else Image.trashed_at.is_(None)]


@cache
def _by_time(*, in_trash: bool | None, newest_first: bool, goes_on: bool) -> sa.Select[Any]:
    """Written once: that takes half as long as reading fifty rows, and SQLAlchemy finds what it has compiled by what was written."""
    page = pagination.keyset(
        _LISTED.where(*lying(in_trash=in_trash)),
        created_at=_IMAGES.created_at,
        identity=_IMAGES.id,
        newest_first=newest_first,
        goes_on=goes_on,
    )
    return page.offset(sa.bindparam("skip", type_=sa.Integer))


def _rows(statement: sa.Select[Any], wanted: Mapping[str, Any]) -> Sequence[sa.Row[Any]]:
    """What the statement finds, read without the session's part, which makes entities; and all at once, for each row costs by itself."""
    return db.session.connection().execute(statement, wanted).all()


def variants_of(image_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[OpenVariant]]:
    """The variants of each image that viewers may open, the smallest first."""
    found: dict[uuid.UUID, list[OpenVariant]] = {}
    if image_ids:
        for variant in map(OpenVariant._make, _rows(_open_variants(db.engine.dialect.name), {"image_ids": image_ids})):
            found.setdefault(variant.image_id, []).append(variant)
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
    theirs = sa.select(*columns).where(is_theirs, variants.role == "variant")
    return theirs.order_by(variants.image_id, variants.width, variants.format.desc())
