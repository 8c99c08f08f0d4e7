"""The audit log: who did what to whom with an administrator's power, written in the transaction that does it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog

from aizen.admin.models import AdminAction
from aizen.database import db, new_id, reading, utc_now
from aizen.web import pagination

ACTIONS = (
    "admin.created",
    "admin.role_given",
    "user.changed",
    "user.sessions_ended",
    "image.taken_down",
    "image.deleted",
    "work.retried",
    "work.all_retried",
    "integrity.asked",
)
SUBJECT_KINDS = ("user", "image", "work", "integrity")


@dataclass(frozen=True)
class Actor:
    """Who acts: an administrator by id and e-mail address, or somebody who has not signed in by words alone.

    ``key_id`` is the API key that a program of theirs came with; it goes into the detail of each row.
    """

    name: str
    id: uuid.UUID | None = None
    network: str = ""
    key_id: uuid.UUID | None = None


COMMAND_LINE = Actor("command line")
SETTINGS = Actor("settings")


def of_set_up_link(network: str) -> Actor:
    """Whoever had the set-up link, from that network."""
    return Actor("set-up link", network=network)


@dataclass(frozen=True)
class Subject:
    """What is acted on: its kind, its id if it is one thing, and what a person calls it."""

    kind: str
    id: uuid.UUID | None = None
    label: str = ""


def record(actor: Actor, action: str, subject: Subject, **detail: Any) -> None:
    """The open transaction has this action in the log. ``detail`` goes into JSON, and holds no secret."""
    if action not in ACTIONS or subject.kind not in SUBJECT_KINDS:
        raise ValueError(f"unknown action {action} on {subject.kind}")
    by_key = {"key_id": str(actor.key_id)} if actor.key_id else {}
    db.session.execute(
        sa.insert(AdminAction).values(
            id=new_id(),
            actor_id=actor.id,
            actor=actor.name,
            action=action,
            subject_kind=subject.kind,
            subject_id=subject.id,
            subject_label=subject.label[:255],
            detail={**detail, **by_key},
            request_id=structlog.contextvars.get_contextvars().get("request_id"),
            network=actor.network,
            created_at=utc_now(),
        )
    )


@dataclass(frozen=True)
class Selection:
    """Which actions a list holds: all, where nothing is named."""

    actor_id: uuid.UUID | None = None
    action: str | None = None
    subject_id: uuid.UUID | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        named = {AdminAction.actor_id: self.actor_id, AdminAction.action: self.action, AdminAction.subject_id: self.subject_id}
        return [column == value for column, value in named.items() if value is not None]


def browse(selection: Selection, *, after: pagination.Position | None, limit: int, filters: dict[str, Any]) -> pagination.Page:
    """A page of the log, the newest first."""
    select = sa.select(AdminAction).where(*selection.conditions())
    with reading():
        rows = db.session.scalars(pagination.newest(select, identity=AdminAction.id, after=after, limit=limit)).all()
    return pagination.cut(rows, limit=limit, filters=filters)
