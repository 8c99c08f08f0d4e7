"""The tables of accounts: who may sign in, and who is signed in."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from aizen.database import Base, UtcDateTime

ROLES = ("user", "admin")


class User(Base):
    """A person. E-mail and username are kept as typed, and unique as folded.

    ``pending_email`` is the address that they want to change to: inert until its link is opened. ``former_email`` is the one before the
    last change, until it has been told. ``storage_used`` is the bytes of their originals, ``storage_quota`` how many those may be: 0 is
    none at all; where it is null, the setting holds. Of one who has closed the account, nothing but the id is left
    (``aizen.auth.closing``), and soon not even that.
    """

    __tablename__ = "users"
    __table_args__ = (
        sa.UniqueConstraint("email_folded"),
        sa.UniqueConstraint("username_folded"),
        sa.CheckConstraint(sa.column("role").in_(ROLES), name="role"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    email_folded: Mapped[str] = mapped_column(sa.String(254))
    pending_email: Mapped[str | None] = mapped_column(sa.String(254))
    former_email: Mapped[str | None] = mapped_column(sa.String(254))
    username: Mapped[str] = mapped_column(sa.String(50))
    username_folded: Mapped[str] = mapped_column(sa.String(50))
    password_hash: Mapped[str] = mapped_column(sa.String(255))
    first_name: Mapped[str] = mapped_column(sa.String(150))
    last_name: Mapped[str] = mapped_column(sa.String(150))
    role: Mapped[str] = mapped_column(sa.String(10))
    # The defaults let programs of the former version go on while the new one is rolled out.
    storage_used: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    storage_quota: Mapped[int | None] = mapped_column(sa.BigInteger)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Session(Base):
    """One sign-in, from login to logout: the family of its refresh tokens, of which one is live at a time.

    Where ``rotates`` is false there is one refresh token for the whole session: its client keeps using the first.

    ``refresh_id`` is the ``jti`` of the live refresh token; with ``refresh_issued_at`` and ``expires_at`` it is all that is needed to sign
    that token again, byte for byte. ``previous_refresh_id`` was spent for it at ``rotated_at``.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        sa.Index("ix_sessions_user_id", "user_id"),
        sa.Index("ix_sessions_expires_at", "expires_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    # The default lets programs of the former version go on while the new one is rolled out.
    rotates: Mapped[bool] = mapped_column(server_default=sa.true())
    refresh_id: Mapped[uuid.UUID]
    refresh_issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    previous_refresh_id: Mapped[uuid.UUID | None]
    rotated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    device: Mapped[str] = mapped_column(sa.String(200))
    network: Mapped[str] = mapped_column(sa.String(50))


class OneTimeToken(Base):
    """The live token of a user for one purpose; a new one takes the place of the former.

    What is stored is the SHA-256 of the token, and the address that it was sent to. A used one stays until it expires.
    """

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        sa.UniqueConstraint("user_id", "purpose"),
        sa.UniqueConstraint("digest"),
        sa.Index("ix_one_time_tokens_expires_at", "expires_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(sa.String(20))
    digest: Mapped[str] = mapped_column(sa.String(64))
    email: Mapped[str] = mapped_column(sa.String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApiKey(Base):
    """A key that a program of the user's sends in place of an access token. Only its digest is kept.

    ``digest`` is SHA-256 in hex: what has 256 random bits cannot be guessed, and needs no slow hash. ``hint`` is how the key begins.
    """

    __tablename__ = "api_keys"
    __table_args__ = (
        sa.UniqueConstraint("digest"),
        sa.Index("ix_api_keys_user_id_created_at_id", "user_id", "created_at", "id"),
        sa.Index("ix_api_keys_expires_at", "expires_at"),
        sa.Index("ix_api_keys_revoked_at", "revoked_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(100))
    digest: Mapped[str] = mapped_column(sa.String(64))
    hint: Mapped[str] = mapped_column(sa.String(20))
    scopes: Mapped[list[str]] = mapped_column(sa.JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
