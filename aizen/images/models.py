"""The tables of images and of the files that are made of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from aizen.database import ONLY_ON, Base, UtcDateTime

STATUSES = ("generating", "processing", "ready", "failed")
AI_STATUSES = ("pending", "working", "done", "failed", "skipped")
VISIBILITIES = ("private", "unlisted", "public")
SOURCES = ("upload", "url", "generation", "transformation")
ALT_STATUSES = ("missing", "suggested", "approved", "decorative")

# What few images are: their index costs the others nothing.
RARE_STATES = {
    "animated": "frames > 1",
    "duplicate": "duplicate_of IS NOT NULL",
    "decorative": "alt_status = 'decorative'",
    "trashed": "trashed_at IS NOT NULL",
}

# Ready images that a version without fingerprints has left.
WITHOUT_FINGERPRINTS = "status = 'ready' AND dhash IS NULL"

# What is looked for among everybody's images: the gallery, what has lain in the trash long enough, and what lacks fingerprints.
SHARED_STATES = (
    ("public", ("created_at", "id"), "visibility = 'public'"),
    ("trashed_at", ("trashed_at",), "trashed_at IS NOT NULL"),
    ("without_fingerprints", ("id",), WITHOUT_FINGERPRINTS),
)

# Between two fields of a search document: no phrase reaches across it.
GAP = "¶"
# Between two parts of a document that have no word in common: the places of the words are counted anew behind it.
PART = "¶¶"
# What PostgreSQL counts a word's position up to.
_LAST_POSITION = 16383


class SearchWords(TypeDecorator[Sequence[str]]):
    """The words of a document in their order, with ``GAP`` between its fields, ``PART`` between its parts: a tsvector on PostgreSQL, text
    with spaces on SQLite.

    They are words already: neither engine's parser has a say in it. They are written and searched, and never read.
    """

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str | None:
        if value is None or dialect.name != "postgresql":
            return None if value is None else " ".join(value)
        places: dict[str, list[str]] = {}
        position = 1
        for word in value:
            if word == PART:
                position = 0
            elif word == GAP:
                position += 1
            else:
                places.setdefault(word, []).append(str(min(position, _LAST_POSITION)))
            position += 1
        return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())


class Image(Base):
    """An image of one owner. ``version`` grows with every change that a reader could see; ``width`` and ``height`` are upright pixels.

    One that is being generated has no picture yet: no key, format, media type and digest, and the size that was asked for.
    """

    __tablename__ = "images"
    __table_args__ = (
        sa.CheckConstraint(sa.column("status").in_(STATUSES), name="status"),
        sa.CheckConstraint(sa.column("ai_status").in_(AI_STATUSES), name="ai_status"),
        sa.CheckConstraint(sa.column("visibility").in_(VISIBILITIES), name="visibility"),
        sa.CheckConstraint(sa.column("source").in_(SOURCES), name="source"),
        sa.CheckConstraint(sa.column("alt_status").in_(ALT_STATUSES), name="alt_status"),
        sa.Index("ix_images_owner_id_created_at_id", "owner_id", "created_at", "id"),
        sa.Index("ix_images_owner_id_sha256", "owner_id", "sha256"),
        sa.Index("ix_images_owner_id_status_created_at_id", "owner_id", "status", "created_at", "id"),
        sa.Index("ix_images_owner_id_visibility_created_at_id", "owner_id", "visibility", "created_at", "id"),
        sa.Index("ix_images_owner_id_source_created_at_id", "owner_id", "source", "created_at", "id"),
        sa.Index("ix_images_owner_id_dhash", "owner_id", "dhash"),
        *(
            sa.Index(f"ix_images_{name}", "owner_id", "created_at", "id", sqlite_where=sa.text(state), postgresql_where=sa.text(state))
            for name, state in RARE_STATES.items()
        ),
        *(
            sa.Index(f"ix_images_{name}", *columns, sqlite_where=sa.text(state), postgresql_where=sa.text(state))
            for name, columns, state in SHARED_STATES
        ),
        sa.UniqueConstraint("key"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    version: Mapped[int]
    status: Mapped[str] = mapped_column(sa.String(12))
    source: Mapped[str] = mapped_column(sa.String(16))
    visibility: Mapped[str] = mapped_column(sa.String(10))
    title: Mapped[str] = mapped_column(sa.String(200))
    description: Mapped[str] = mapped_column(sa.Text)
    alt: Mapped[str] = mapped_column(sa.String(1000))
    # The default is for the version before, which may still take uploads while this one's migration has run.
    alt_status: Mapped[str] = mapped_column(sa.String(10), server_default="missing")
    tags: Mapped[list[str]] = mapped_column(sa.JSON)
    key: Mapped[str | None] = mapped_column(sa.String(255))
    file_name: Mapped[str] = mapped_column(sa.String(255))
    format: Mapped[str | None] = mapped_column(sa.String(8))
    media_type: Mapped[str | None] = mapped_column(sa.String(40))
    width: Mapped[int]
    height: Mapped[int]
    frames: Mapped[int]
    has_alpha: Mapped[bool]
    bytes: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    # Of the upright pixels in sRGB, and their 64-bit difference hash as a signed number.
    pixels_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    dhash: Mapped[int | None] = mapped_column(sa.BigInteger)
    thumbhash: Mapped[str | None] = mapped_column(sa.String(64))
    dominant_color: Mapped[str | None] = mapped_column(sa.String(7))
    measurements: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    focal_x: Mapped[float | None]
    focal_y: Mapped[float | None]
    # Whether its colours are guessed. The default is for the version before, as above.
    lacks_profile: Mapped[bool] = mapped_column(server_default=sa.false())
    # Text that the file itself carries of its maker, or would in a format that can: creator, copyright, digital_source_type.
    rights: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    duplicate_of: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("images.id", ondelete="SET NULL"), index=True)
    # The image that this one was made from, and how, in the URL spelling of recipes.
    parent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("images.id", ondelete="SET NULL"), index=True)
    recipe: Mapped[str | None] = mapped_column(sa.Text)
    # What a generated image was asked for by: its prompt, and the rest (negative_prompt, width, height, seed, steps, model, provider).
    prompt: Mapped[str | None] = mapped_column(sa.Text)
    generation: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    # In the trash since then, where it is private; and what it was before.
    trashed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    visibility_before_trash: Mapped[str | None] = mapped_column(sa.String(10))
    ai_status: Mapped[str] = mapped_column(sa.String(10))
    ai_description: Mapped[str | None] = mapped_column(sa.String(500))
    ai_alt: Mapped[str | None] = mapped_column(sa.String(150))
    ai_tags: Mapped[list[str] | None] = mapped_column(sa.JSON)
    ai_provider: Mapped[str | None] = mapped_column(sa.String(40))
    ai_model: Mapped[str | None] = mapped_column(sa.String(100))
    ai_error: Mapped[str | None] = mapped_column(sa.String(60))
    # Whether its owner has asked for a look at this very image: then what was said of an equal one does not do.
    wants_own_description: Mapped[bool] = mapped_column(server_default=sa.false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ListedImage(NamedTuple):
    """What a list shows of an image: columns of its row, under their names. The measurements alone are as large as all the others."""

    id: uuid.UUID
    owner_id: uuid.UUID
    version: int
    status: str
    source: str
    visibility: str
    title: str
    description: str
    alt: str
    alt_status: str
    tags: list[str]
    key: str | None
    file_name: str
    format: str | None
    media_type: str | None
    width: int
    height: int
    bytes: int
    sha256: str | None
    thumbhash: str | None
    dominant_color: str | None
    focal_x: float | None
    focal_y: float | None
    duplicate_of: uuid.UUID | None
    parent_id: uuid.UUID | None
    recipe: str | None
    rights: dict[str, Any] | None
    prompt: str | None
    generation: dict[str, Any] | None
    trashed_at: datetime | None
    ai_status: str
    ai_description: str | None
    ai_alt: str | None
    ai_tags: list[str] | None
    ai_provider: str | None
    ai_model: str | None
    ai_error: str | None
    created_at: datetime
    updated_at: datetime


class Variant(Base):
    """A file made of an image: one for viewers, or (role ``mezzanine``) an internal level from which later work starts."""

    __tablename__ = "variants"
    __table_args__ = (
        sa.UniqueConstraint("image_id", "name"),
        sa.UniqueConstraint("key"),
        sa.CheckConstraint(sa.column("role").in_(("variant", "mezzanine")), name="role"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    image_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("images.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(40))
    role: Mapped[str] = mapped_column(sa.String(10))
    key: Mapped[str] = mapped_column(sa.String(255))
    format: Mapped[str] = mapped_column(sa.String(8))
    media_type: Mapped[str] = mapped_column(sa.String(40))
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int] = mapped_column(sa.BigInteger)


class DerivedFile(Base):
    """A file that a transformation made of an image, kept so that nobody need make it again.

    ``cache_key`` is the digest of all that the file depends on; ``warnings`` are the codes of what the transformation did otherwise than
    asked. ``used_on`` is the day on which it was last wanted, in UTC.
    """

    __tablename__ = "derived_files"
    __table_args__ = (
        sa.UniqueConstraint("image_id", "cache_key"),
        sa.UniqueConstraint("key"),
        sa.Index("ix_derived_files_used_on", "used_on"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    image_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("images.id", ondelete="CASCADE"))
    cache_key: Mapped[str] = mapped_column(sa.String(64))
    key: Mapped[str] = mapped_column(sa.String(255))
    format: Mapped[str] = mapped_column(sa.String(8))
    media_type: Mapped[str] = mapped_column(sa.String(40))
    width: Mapped[int]
    height: Mapped[int]
    frames: Mapped[int]
    bytes: Mapped[int] = mapped_column(sa.BigInteger)
    warnings: Mapped[list[str]] = mapped_column(sa.JSON)
    used_on: Mapped[date] = mapped_column(sa.Date)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SearchDocument(Base):
    """What an image is found by. ``id`` grows with the time of the upload, so that its order is that of a list.

    ``is_public`` tells that it has a part by which everybody finds the image.
    """

    __tablename__ = "search_documents"
    __table_args__ = (
        sa.UniqueConstraint("image_id"),
        sa.Index("ix_search_documents_owner_id_id", "owner_id", "id"),
        # SQLite has the virtual table search_index in its place, which a migration makes.
        sa.Index("ix_search_documents_words", "words", postgresql_using="gin", info={ONLY_ON: "postgresql"}),
        sa.Index("ix_search_documents_public", "id", postgresql_where=sa.text("is_public"), info={ONLY_ON: "postgresql"}),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False)
    image_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("images.id", ondelete="CASCADE"))
    owner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    words: Mapped[Sequence[str]] = mapped_column(SearchWords)
    is_public: Mapped[bool] = mapped_column(server_default=sa.false())
