"""Lists of images: which of them a reader asks for, and a page of those, by time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import sqlalchemy as sa

from aizen.database import db, reading
from aizen.images import search
from aizen.images.models import Image, ListedImage
from aizen.images.queries import TRASHED, Condition, Query
from aizen.images.shown import Shown, listed, lying, variants_of
from aizen.web import pagination


@dataclass(frozen=True)
class Selection:
    """Which images a list holds: all that a reader may see, where nothing is named.

    Those in the trash are ``left_out``, or the ``only`` ones, or ``included``; as the query has it (``asked``) they are left out, unless it
    says ``is:trashed``.
    """

    query: Query | None = None
    tags: tuple[str, ...] = ()
    status: str | None = None
    visibility: str | None = None
    source: str | None = None
    trash: Literal["asked", "left_out", "only", "included"] = "asked"

    @property
    def wanted(self) -> Query:
        """The query with the tags of the list's own argument in it, and with the one place that it looks in, or both."""
        query = self.query or Query()
        states = tuple(each for each in query.states if each.value != TRASHED)
        places = self._places()
        in_trash = None if len(places) == 2 else True in places
        return replace(query, tags=(*query.tags, *(Condition(tag) for tag in self.tags)), states=states, in_trash=in_trash)

    def _places(self) -> frozenset[bool]:
        """Where it looks: in the trash (True), outside of it, in both; nowhere, where the query contradicts itself or the argument."""
        said = {not each.is_excluded for each in (self.query or Query()).states if each.value == TRASHED}
        by_argument = {"asked": said or {False}, "left_out": {False}, "only": {True}, "included": {False, True}}
        return frozenset({True, False}.intersection(by_argument[self.trash], *({each} for each in said)))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that could be looked for, as the query is signs only, or nowhere to look."""
        return (self.query is not None and self.query.asks_for_nothing) or not self._places()

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What the image's row itself must be, wherever it lies."""
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
            among = search.own(owner_id, in_trash=wanted.in_trash)
            rows = search.find(wanted, among=among, where=where, newest_first=newest_first, after=after, limit=last)[skip:]
        else:
            where = [*selection.conditions(), *uploaded(wanted)]
            rows = listed(owner_id, where, in_trash=wanted.in_trash, newest_first=newest_first, after=after, limit=limit, skip=skip)
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
            return search.count(wanted, among=search.own(owner_id, in_trash=wanted.in_trash), where=selection.conditions())
        images = sa.select(sa.func.count()).where(Image.owner_id == owner_id, *selection.conditions(), *uploaded(wanted))
        all_, trashed = images.scalar_subquery(), images.where(*lying(in_trash=True)).scalar_subquery()
        # Not by a look at each row that is outside: the indexes that count the others do not tell.
        counted = {None: all_, True: trashed, False: all_ - trashed}[wanted.in_trash]
        return db.session.scalar(sa.select(counted)) or 0
