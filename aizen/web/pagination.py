"""Keyset paging: a select goes in, a page and its Link header come out. By its cursor, no page costs more than the first."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from aizen.errors import Malformed

PAGE = 24
LARGEST_PAGE = 100


@dataclass(frozen=True)
class Position:
    """Where a page begins: after the row with this time and id."""

    created_at: datetime
    id: uuid.UUID


@dataclass(frozen=True)
class Page:
    """The rows of a page, and the cursor of the next one if there are more."""

    rows: Sequence[Any]
    cursor: str | None


def _digest(filters: Mapping[str, Any]) -> str:
    told = json.dumps({name: str(value) for name, value in sorted(filters.items()) if value is not None})
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def write_cursor(position: Position, filters: Mapping[str, Any]) -> str:
    """An opaque cursor; it is of use with the same filters only."""
    parts = [position.created_at.isoformat(), position.id.hex, _digest(filters)]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


def read_cursor(cursor: str, filters: Mapping[str, Any]) -> Position:
    """The position that ``write_cursor`` wrote. Raises Malformed with code malformed_cursor or cursor_mismatch."""
    try:
        moment, identity, digest = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        position = Position(datetime.fromisoformat(moment).astimezone(UTC), uuid.UUID(identity))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise Malformed("The cursor is none that a list gave.", code="malformed_cursor") from None
    if digest != _digest(filters):
        raise Malformed("The cursor belongs to a list with other filters.", code="cursor_mismatch")
    return position


def keyset(select: sa.Select[Any], *, created_at: Any, identity: Any, newest_first: bool, goes_on: bool) -> sa.Select[Any]:
    """``select`` in the order of ``(created_at, id)``; where it ``goes_on``, behind a position. ``bounds`` are its parameters."""
    order = (created_at.desc(), identity.desc()) if newest_first else (created_at.asc(), identity.asc())
    if goes_on:
        here = sa.tuple_(created_at, identity)
        there = sa.tuple_(sa.bindparam("after_moment", type_=created_at.type), sa.bindparam("after_id", type_=identity.type))
        select = select.where(here < there if newest_first else here > there)
    return select.order_by(*order).limit(sa.bindparam("most", type_=sa.Integer))


def bounds(after: Position | None, limit: int) -> dict[str, Any]:
    """What a statement of ``keyset`` is asked: for the rows behind ``after``, and for one more than the page holds."""
    most = {"most": limit + 1}
    return most if after is None else {**most, "after_moment": after.created_at, "after_id": after.id}


def newest(select: sa.Select[Any], *, identity: Any, after: Position | None, limit: int) -> sa.Select[Any]:
    """``select`` in the order of its ids, the newest first, with one row more than the page holds.

    Ids sort by the time of their making, so that the primary key is the index of a list of everything.
    """
    if after is not None:
        select = select.where(identity < after.id)
    return select.order_by(identity.desc()).limit(limit + 1)


def cut(rows: Sequence[Any], *, limit: int, filters: Mapping[str, Any], moment: str = "created_at") -> Page:
    """The page in ``rows``, which ``keyset`` made one longer than the page; ``moment`` names the time that orders them."""
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    return Page(rows[:limit], write_cursor(Position(getattr(last, moment), last.id), filters))


def next_link(path: str, page: Page, arguments: Mapping[str, Any]) -> dict[str, str]:
    """The Link header (RFC 8288) that leads to the next page, or nothing on the last one."""
    if page.cursor is None:
        return {}
    told = {name: str(value).lower() if isinstance(value, bool) else value for name, value in arguments.items() if value is not None}
    query = urlencode({**told, "cursor": page.cursor}, doseq=True)
    return {"Link": f'<{path}?{query}>; rel="next"'}
