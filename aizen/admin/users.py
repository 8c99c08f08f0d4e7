"""Users as administrators see and change them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from aizen.admin import access, audit
from aizen.admin.audit import Actor, Subject
from aizen.auth import administrators, closing, sessions
from aizen.auth.folding import fold
from aizen.auth.models import ApiKey, Session, User
from aizen.database import changed_rows, db, reading, transaction, utc_now
from aizen.errors import NotFound
from aizen.images.models import Image
from aizen.web import pagination
from aizen.work.models import WorkItem

STATES = ("active", "disabled", "unverified")


@dataclass(frozen=True)
class Selection:
    """Which users a list holds: all, where nothing is named. ``search`` is a part of the e-mail address or the username, as it stands."""

    search: str | None = None
    role: str | None = None
    state: str | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        # What is left of closed accounts is nobody.
        found = [~closing.is_closed()]
        if self.search:
            part = fold(self.search)
            found.append(sa.or_(User.email_folded.contains(part, autoescape=True), User.username_folded.contains(part, autoescape=True)))
        if self.role:
            found.append(User.role == self.role)
        states = {
            "active": User.disabled_at.is_(None),
            "disabled": User.disabled_at.is_not(None),
            "unverified": User.email_verified_at.is_(None),
        }
        return [*found, states[self.state]] if self.state else found


@dataclass(frozen=True)
class Known:
    """What is known of one user: the row, and how much hangs on it."""

    user: User
    images: int
    sessions: int
    keys: int
    failed_work: int


def browse(
    selection: Selection, *, after: pagination.Position | None, limit: int, filters: Mapping[str, Any]
) -> tuple[Sequence[User], pagination.Page]:
    """A page of users, the newest first."""
    select = sa.select(User).where(*selection.conditions()).execution_options(populate_existing=True)
    with reading():
        rows = db.session.scalars(pagination.newest(select, identity=User.id, after=after, limit=limit)).all()
    page = pagination.cut(rows, limit=limit, filters=filters)
    return page.rows, page


def count(selection: Selection) -> int:
    """How many users such a list holds in all."""
    with reading():
        return db.session.scalar(sa.select(sa.func.count()).select_from(User).where(*selection.conditions())) or 0


def show(user_id: uuid.UUID) -> Known:
    """One user. Raises NotFound."""
    with reading():
        return _known(_one(user_id))


def _one(user_id: uuid.UUID, *, locked: bool = False) -> User:
    select = sa.select(User).where(User.id == user_id, ~closing.is_closed()).execution_options(populate_existing=True)
    user = db.session.scalar(select.with_for_update() if locked else select)
    if user is None:
        raise NotFound
    return user


def _known(user: User) -> Known:
    def count_of(*where: sa.ColumnElement[bool]) -> int:
        return db.session.scalar(sa.select(sa.func.count()).where(*where)) or 0

    return Known(
        user,
        images=count_of(Image.owner_id == user.id),
        keys=count_of(
            ApiKey.user_id == user.id, ApiKey.revoked_at.is_(None), sa.or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > utc_now())
        ),
        sessions=count_of(Session.user_id == user.id, Session.ended_at.is_(None), Session.expires_at > utc_now()),
        failed_work=count_of(WorkItem.owner_id == user.id, WorkItem.state == "failed"),
    )


def change(user_id: uuid.UUID, asked: Mapping[str, Any], *, actor: Actor) -> Known:
    """The user has what is asked for: ``role``, ``disabled``, ``email_verified``, ``storage_quota``; what is not named stays.

    Disabling ends every session, revokes every API key and voids every link that was sent, a change of address too; enabling revives none
    of it. Raises NotFound, and Conflict (last_admin) where no administrator who can sign in would be left.
    """
    with transaction():
        if asked.get("role") == "user" or asked.get("disabled"):
            # Before any row of our own is locked: all who may take an administrator away lock in this order.
            administrators.keep_one(user_id)
        user = _one(user_id, locked=True)
        before = _told(user)
        changed = {name: value for name, value in asked.items() if before[name] != value}
        if changed:
            changed_rows(sa.update(User).where(User.id == user_id).values(**_columns(changed), updated_at=utc_now()))
            detail: dict[str, Any] = {name: [before[name], value] for name, value in changed.items()}
            if changed.get("disabled"):
                detail |= access.cut_off(user_id)
            audit.record(actor, "user.changed", Subject("user", user_id, user.email), **detail)
        return _known(_one(user_id))


def _told(user: User) -> dict[str, Any]:
    return {
        "role": user.role,
        "disabled": user.disabled_at is not None,
        "email_verified": user.email_verified_at is not None,
        "storage_quota": user.storage_quota,
    }


def _columns(changed: Mapping[str, Any]) -> dict[str, Any]:
    moments: dict[str, datetime | None] = {
        column: utc_now() if changed[name] else None
        for name, column in (("disabled", "disabled_at"), ("email_verified", "email_verified_at"))
        if name in changed
    }
    return moments | {name: changed[name] for name in ("role", "storage_quota") if name in changed}


def end_sessions(user_id: uuid.UUID, *, actor: Actor) -> int:
    """How many sessions of that user have just ended: all that lived. Raises NotFound."""
    with transaction():
        user = _one(user_id, locked=True)
        ended = sessions.end_all(user_id)
        audit.record(actor, "user.sessions_ended", Subject("user", user_id, user.email), sessions_ended=ended)
    return ended
