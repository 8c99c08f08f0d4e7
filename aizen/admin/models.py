"""The tables of administration: what administrators have done, and the latest integrity report."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aizen.database import Base, UtcDateTime


class AdminAction(Base):
    """Something that was done with an administrator's power. No row is changed, and none refers to another table: it outlives both sides.

    ``actor`` is the administrator's e-mail address at that time, or in words who it was where nobody had signed in.
    """

    __tablename__ = "admin_actions"
    __table_args__ = (
        sa.Index("ix_admin_actions_actor_id_id", "actor_id", "id"),
        sa.Index("ix_admin_actions_action_id", "action", "id"),
        sa.Index("ix_admin_actions_subject_id_id", "subject_id", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    actor_id: Mapped[uuid.UUID | None]
    actor: Mapped[str] = mapped_column(sa.String(254))
    action: Mapped[str] = mapped_column(sa.String(40))
    subject_kind: Mapped[str] = mapped_column(sa.String(20))
    subject_id: Mapped[uuid.UUID | None]
    subject_label: Mapped[str] = mapped_column(sa.String(255))
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    request_id: Mapped[str | None] = mapped_column(sa.String(64))
    network: Mapped[str] = mapped_column(sa.String(50))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IntegrityReport(Base):
    """The one integrity report that administrators see: of the last one that was asked for, and of the last one that was made."""

    __tablename__ = "integrity_reports"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    # Whether the one asked for compares checksums; the one that was made says so itself.
    checksums: Mapped[bool]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    report: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
