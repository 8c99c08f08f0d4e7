"""The table of how much each user has had generated."""

from __future__ import annotations

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aizen.database import Base


class GenerationCount(Base):
    """How many images a user has ordered on a day, in UTC."""

    __tablename__ = "generation_counts"
    __table_args__ = (sa.Index("ix_generation_counts_day", "day"),)

    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    count: Mapped[int]
