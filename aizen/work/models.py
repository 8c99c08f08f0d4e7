"""The tables of background work: what is to be done, and which objects are to be removed."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aizen.database import Base, UtcDateTime

STATES = ("waiting", "pending", "working", "done", "failed")


class WorkItem(Base):
    """One piece of work on one subject. Times are milliseconds of the database's clock.

    ``waiting`` items are released by another item; ``pending`` ones may be claimed from ``not_before`` on; a ``working`` one belongs to the
    holder of ``lease_token`` until ``lease_until``.
    """

    __tablename__ = "work_items"
    __table_args__ = (
        sa.UniqueConstraint("kind", "subject_id"),
        sa.CheckConstraint(sa.column("state").in_(STATES), name="state"),
        sa.Index("ix_work_items_state_not_before", "state", "not_before"),
        sa.Index("ix_work_items_owner_id_kind_state", "owner_id", "kind", "state"),
        sa.Index("ix_work_items_subject_id", "subject_id"),
        sa.Index("ix_work_items_kind_created_at", "kind", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[uuid.UUID]
    owner_id: Mapped[uuid.UUID]
    state: Mapped[str] = mapped_column(sa.String(10))
    attempts: Mapped[int]
    not_before: Mapped[int] = mapped_column(sa.BigInteger)
    lease_until: Mapped[int | None] = mapped_column(sa.BigInteger)
    lease_token: Mapped[uuid.UUID | None]
    hinted_at: Mapped[int | None] = mapped_column(sa.BigInteger)
    error_code: Mapped[str | None] = mapped_column(sa.String(60))
    error_detail: Mapped[str | None] = mapped_column(sa.String(500))
    request_id: Mapped[str | None] = mapped_column(sa.String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ObjectRemoval(Base):
    """An object that is to be removed from the storage, unless it comes to belong to a row before ``not_before``.

    Of the clock that removes it at this moment it is until ``lease_until``. Both are milliseconds of the database's clock.
    """

    __tablename__ = "object_removals"
    __table_args__ = (sa.Index("ix_object_removals_not_before", "not_before"),)

    key: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    not_before: Mapped[int] = mapped_column(sa.BigInteger)
    lease_until: Mapped[int | None] = mapped_column(sa.BigInteger)


class ProviderBreaker(Base):
    """What is held against an outside provider. Times are milliseconds of the database's clock.

    ``failures`` are those in a row. The provider is not asked before ``left_alone_until``; then one call decides, and every other one
    waits. Without a row, or without that time, it is asked.
    """

    __tablename__ = "provider_breakers"

    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    failures: Mapped[int]
    left_alone_until: Mapped[int | None] = mapped_column(sa.BigInteger)


class AiCall(Base):
    """A call to a describer or painter, noted before it is made: one that nobody came back from may have been paid for.

    ``outcome`` is ``done``, the code of the failure, or NULL until it is known; ``cost``, where it is known, millionths of a US dollar.
    ``owner_id`` is NULL once the account is closed.
    """

    __tablename__ = "ai_calls"
    __table_args__ = (
        # The budget of all is read from this index alone, before every call that it bounds.
        sa.Index("ix_ai_calls_created_at_provider_cost", "created_at", "provider", "cost"),
        sa.Index("ix_ai_calls_owner_id_created_at", "owner_id", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="SET NULL"))
    image_id: Mapped[uuid.UUID]
    service: Mapped[str] = mapped_column(sa.String(20))
    provider: Mapped[str] = mapped_column(sa.String(40))
    model: Mapped[str] = mapped_column(sa.String(100))
    outcome: Mapped[str | None] = mapped_column(sa.String(60))
    milliseconds: Mapped[int | None]
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    cost: Mapped[int | None] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
