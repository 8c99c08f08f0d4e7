"""What anybody may see: the images that are public, in the order of their upload and by their words, and one of them alone."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from aizen.auth.models import User
from aizen.database import db, reading
from aizen.errors import FieldError, Invalid, NotFound
from aizen.images import listing, search
from aizen.images.models import Image, ListedImage
from aizen.images.queries import Query
from aizen.images.shown import Shown, variants_of
from aizen.web import pagination

_IMAGES = sa.inspect(Image).local_table.c
_IS_ACTIVE = User.disabled_at.is_(None)


@dataclass(frozen=True)
class Exhibit:
    """An image with what others may know of its owner."""

    shown: Shown
    username: str


def browse(
    query: Query | None, *, newest_first: bool, after: pagination.Position | None, limit: int, filters: Mapping[str, Any], skip: int = 0
) -> tuple[list[Exhibit], pagination.Page]:
    """A page of the gallery; ``skip`` leaves out the first ones, which are read all the same. Raises Invalid for ``is:``.

    It holds what is public, has been resized, and belongs to somebody whose account is neither closed nor disabled.
    """
    wanted = query or Query()
    _refuse_states(wanted)
    with reading():
        if query is not None and wanted.asks_for_nothing:
            # Signs only, of which there is no word to be found.
            rows: Sequence[Image | ListedImage] = []
        elif wanted.terms or wanted.tags:
            rows = search.find(
                wanted, among=search.everybodys(), where=_hangs(), newest_first=newest_first, after=after, limit=skip + limit + 1
            )[skip:]
        else:
            rows = _by_time(wanted, newest_first=newest_first, after=after, limit=limit, skip=skip)
        page = pagination.cut(rows, limit=limit, filters=filters)
        return _exhibited(page.rows), page


def show(image_id: uuid.UUID) -> Exhibit:
    """An image that is public or unlisted. Raises NotFound for any other."""
    is_open = (_IMAGES.visibility != "private", *_is_ready())
    with reading():
        image = db.session.scalar(sa.select(Image).where(Image.id == image_id, *is_open).execution_options(populate_existing=True))
        found = _exhibited([image] if image else [])
    if not found:
        raise NotFound
    return found[0]


def _refuse_states(query: Query) -> None:
    if query.states:
        detail = "is: is not known here: every image of the gallery is public and ready."
        raise Invalid(errors=[FieldError("/search", "not_a_choice", detail, ("tag:", "before:", "after:"))])


def _is_ready() -> tuple[sa.ColumnElement[bool], ...]:
    # Written out, so that the database need not plan for the other states.
    return _IMAGES.status == sa.literal_column("'ready'"), _IMAGES.key.is_not(None)


@cache
def _hangs() -> tuple[sa.ColumnElement[bool], ...]:
    """What an image's row must be for it to be in the gallery."""
    is_of_somebody = sa.exists().where(User.id == Image.owner_id, _IS_ACTIVE)
    return search.everybodys().images, *_is_ready(), is_of_somebody


def _by_time(query: Query, *, newest_first: bool, after: pagination.Position | None, limit: int, skip: int) -> list[ListedImage]:
    columns = (_IMAGES[name] for name in ListedImage._fields)
    hanging = sa.select(*columns).where(*_hangs(), *listing.uploaded(query))
    paged = pagination.keyset(
        hanging, created_at=_IMAGES.created_at, identity=_IMAGES.id, newest_first=newest_first, goes_on=after is not None
    ).offset(skip)
    return [ListedImage._make(row) for row in db.session.connection().execute(paged, pagination.bounds(after, limit))]


def _exhibited(images: Sequence[Image | ListedImage]) -> list[Exhibit]:
    """The images with their variants and their owners' names. One whose owner has just closed their account has none to be named."""
    if not images:
        return []
    owners = sa.select(User.id, User.username).where(User.id.in_({image.owner_id for image in images}), _IS_ACTIVE)
    usernames = {row.id: row.username for row in db.session.execute(owners)}
    variants = variants_of([image.id for image in images])
    return [Exhibit(Shown(image, variants.get(image.id, ())), usernames[image.owner_id]) for image in images if image.owner_id in usernames]
