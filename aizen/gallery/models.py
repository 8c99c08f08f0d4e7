"""The table of share links."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aizen.database import Base, UtcDateTime


class ShareLink(Base):
    """An address that shows one image, whatever its visibility, until it expires, is used up, or is revoked: then the row is gone."""

    __tablename__ = "share_links"
    __table_args__ = (
        sa.UniqueConstraint("slug"),
        sa.Index("ix_share_links_image_id_created_at", "image_id", "created_at"),
        sa.Index("ix_share_links_expires_at", "expires_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    image_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("images.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(sa.String(40))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    password_hash: Mapped[str | None] = mapped_column(sa.String(255))
    max_views: Mapped[int | None]
    views: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
