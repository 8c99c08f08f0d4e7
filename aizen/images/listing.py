"""Lists of images: which of them a reader asks for, and a page of those, by time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from aizen.database import db, reading
from aizen.images import search
from aizen.images.models import Image, ListedImage
from aizen.images.queries import Condition, Query
from aizen.images.shown import Shown, listed, variants_of
from aizen.web import pagination


@dataclass(frozen=True)
class Selection:
    """Which images a list holds: all that a reader may see, where nothing is named."""

    query: Query | None = None
    tags: tuple[str, ...] = ()
    status: str | None = None
    visibility: str | None = None
    source: str | None = None

    @property
    def wanted(self) -> Query:
        """The query with the tags of the list's own argument in it."""
        query = self.query or Query()
        return replace(query, tags=(*query.tags, *(Condition(tag) for tag in self.tags)))

    @property
    def is_empty(self) -> bool:
        """Whether the query holds nothing that could be looked for: signs only."""
        return self.query is not None and self.query.asks_for_nothing

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What the image's row itself must be."""
        named = {Image.status: self.status, Image.visibility: self.visibility, Image.source: self.source}
        return [column == value for column, value in named.items() if value is not None] + search.states(self.wanted.states)


def browse(
    owner_id: uuid.UUID,
    selection: Selection,
    *,
    newest_first: bool,
    after: pagination.Position | None,
    limit: int,
    filters: dict[str, Any],
    skip: int = 0,
) -> tuple[list[Shown], pagination.Page]:
    """A page of the owner's images, in the order of their upload; ``skip`` leaves out the first ones, which are read all the same."""
    wanted = selection.wanted
    with reading():
        if selection.is_empty:
            rows: Sequence[Image | ListedImage] = []
        elif wanted.terms or wanted.tags:
            where, last = selection.conditions(), skip + limit + 1
            rows = search.find(wanted, among=search.own(owner_id), where=where, newest_first=newest_first, after=after, limit=last)[skip:]
        else:
            where = [*selection.conditions(), *uploaded(wanted)]
            rows = listed(owner_id, where, newest_first=newest_first, after=after, limit=limit, skip=skip)
        page = pagination.cut(rows, limit=limit, filters=filters)
        variants = variants_of([image.id for image in page.rows])
    return [Shown(image, variants.get(image.id, []), search.matched(image, wanted)) for image in page.rows], page


def uploaded(query: Query) -> list[sa.ColumnElement[bool]]:
    """The bounds of ``before:`` and ``after:`` as the image's row has them."""
    bounds = []
    if query.after is not None:
        bounds.append(Image.created_at >= query.after)
    if query.before is not None:
        bounds.append(Image.created_at < query.before)
    return bounds


def count(owner_id: uuid.UUID, selection: Selection) -> int:
    """How many images such a list holds in all."""
    wanted = selection.wanted
    if selection.is_empty:
        return 0
    with reading():
        if wanted.terms or wanted.tags:
            return search.count(wanted, among=search.own(owner_id), where=selection.conditions())
        select = sa.select(sa.func.count()).select_from(Image)
        return db.session.scalar(select.where(Image.owner_id == owner_id, *selection.conditions(), *uploaded(wanted))) or 0
