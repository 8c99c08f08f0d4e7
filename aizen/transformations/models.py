"""The table of transformations that were put off, and of what came of them."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aizen.database import Base, UtcDateTime

# What an output format of ``auto`` becomes: the best that the client says it reads, or what everybody reads.
READS = ("avif", "webp", "plain", "jpeg", "png", "gif", "tiff")


class Transformation(Base):
    """A transformation that a worker carries out, in the URL spelling of recipes with its presets expanded.

    When it is done, exactly one of ``derived_file_id`` and ``saved_image_id`` names what came of it, until that is deleted.
    """

    __tablename__ = "transformations"
    __table_args__ = (
        sa.CheckConstraint(sa.column("reads").in_(READS), name="reads"),
        sa.Index("ix_transformations_image_id", "image_id"),
        sa.Index("ix_transformations_owner_id", "owner_id"),
        sa.Index("ix_transformations_derived_file_id", "derived_file_id"),
        sa.Index("ix_transformations_saved_image_id", "saved_image_id"),
        sa.Index("ix_transformations_created_at", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    image_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("images.id", ondelete="CASCADE"))
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    recipe: Mapped[str] = mapped_column(sa.Text)
    save: Mapped[bool]
    strict: Mapped[bool]
    reads: Mapped[str] = mapped_column(sa.String(8))
    progress: Mapped[int] = mapped_column(sa.SmallInteger)
    derived_file_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("derived_files.id", ondelete="SET NULL"))
    saved_image_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("images.id", ondelete="SET NULL"))
    warnings: Mapped[list[str]] = mapped_column(sa.JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
