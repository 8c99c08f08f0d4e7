"""generated images, the gallery, share links, the trash, fingerprints of pictures, and the ledger of calls to AI providers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Columns of a picture, which an image that is being generated does not have yet.
PICTURE = (
    ("key", sa.String(length=255)),
    ("format", sa.String(length=8)),
    ("media_type", sa.String(length=40)),
    ("sha256", sa.String(length=64)),
)
ADDED = (
    ("pixels_sha256", sa.String(length=64)),
    ("dhash", sa.BigInteger()),
    ("prompt", sa.Text()),
    ("generation", sa.JSON(none_as_null=True)),
    ("trashed_at", sa.DateTime(timezone=True)),
    ("visibility_before_trash", sa.String(length=10)),
)
PARTIAL = (
    ("ix_images_trashed", ["owner_id", "created_at", "id"], "trashed_at IS NOT NULL"),
    ("ix_images_public", ["created_at", "id"], "visibility = 'public'"),
    ("ix_images_trashed_at", ["trashed_at"], "trashed_at IS NOT NULL"),
    ("ix_images_without_fingerprints", ["id"], "status = 'ready' AND dhash IS NULL"),
)


def upgrade() -> None:
    with op.batch_alter_table("images", schema=None) as batch_op:
        for name, kind in PICTURE:
            batch_op.alter_column(name, existing_type=kind, nullable=True)
        for name, kind in ADDED:
            batch_op.add_column(sa.Column(name, kind, nullable=True))
        batch_op.add_column(sa.Column("wants_own_description", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index("ix_images_owner_id_dhash", ["owner_id", "dhash"])
        for name, columns, state in PARTIAL:
            batch_op.create_index(name, columns, sqlite_where=sa.text(state), postgresql_where=sa.text(state))
    # Not by a copy of the table, which SQLite's triggers would not survive.
    op.add_column("search_documents", sa.Column("is_public", sa.Boolean(), server_default=sa.false(), nullable=False))
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_search_documents_public", "search_documents", ["id"], postgresql_where=sa.text("is_public"))
    op.create_table(
        "generation_counts",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_generation_counts_owner_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_id", "day", name=op.f("pk_generation_counts")),
    )
    op.create_index("ix_generation_counts_day", "generation_counts", ["day"])
    op.create_table(
        "share_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("max_views", sa.Integer(), nullable=True),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_share_links_image_id_images"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_links")),
        sa.UniqueConstraint("slug", name=op.f("uq_share_links_slug")),
    )
    op.create_index("ix_share_links_image_id_created_at", "share_links", ["image_id", "created_at"])
    op.create_index("ix_share_links_expires_at", "share_links", ["expires_at"])
    op.create_table(
        "ai_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(length=20), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("outcome", sa.String(length=60), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_ai_calls_owner_id_users"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_calls")),
    )
    op.create_index("ix_ai_calls_created_at_provider_cost", "ai_calls", ["created_at", "provider", "cost"])
    op.create_index("ix_ai_calls_owner_id_created_at", "ai_calls", ["owner_id", "created_at"])


# What refers to an image: first what goes with it, then what stays without it. SQLite does not see to it while it migrates.
GOES = (("search_documents", "image_id"), ("variants", "image_id"), ("derived_files", "image_id"), ("transformations", "image_id"))
STAYS = (("transformations", "saved_image_id"), ("images", "duplicate_of"), ("images", "parent_id"))


IMAGES = sa.table("images", sa.column("id"), sa.column("key"), sa.column("trashed_at"))
DOCUMENTS = sa.table("search_documents", sa.column("image_id"), sa.column("owner_id"), sa.column("words"))
WORK = sa.table("work_items", sa.column("kind"), sa.column("subject_id"))


def _leave_out_what_has_no_picture() -> None:
    """What has no picture yet is nothing to the version before, nor is work of kinds that it does not know."""
    without = sa.select(IMAGES.c.id).where(IMAGES.c.key.is_(None))
    op.execute(sa.delete(WORK).where(sa.or_(WORK.c.kind.in_(("generation", "fingerprints")), WORK.c.subject_id.in_(without))))
    for table, column in GOES:
        op.execute(sa.delete(sa.table(table, sa.column(column))).where(sa.column(column).in_(without)))
    for table, column in STAYS:
        op.execute(sa.update(sa.table(table, sa.column(column))).where(sa.column(column).in_(without)).values({column: None}))
    op.execute(sa.delete(IMAGES).where(IMAGES.c.key.is_(None)))


def _have_what_is_in_the_trash_found() -> None:
    """What lies in the trash comes back to its owner, and to nobody else: it is found by the owner's word again."""
    owner, words = DOCUMENTS.c.owner_id, DOCUMENTS.c.words
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        owner, words = sa.func.replace(sa.cast(owner, sa.Text), "-", ""), sa.cast(words, sa.Text)
    word = sa.literal("§", sa.Text) + sa.type_coerce(owner, sa.Text)
    found_by = sa.func.replace(words, word + "trash", word)
    trashed = DOCUMENTS.c.image_id.in_(sa.select(IMAGES.c.id).where(IMAGES.c.trashed_at.is_not(None)))
    op.execute(sa.update(DOCUMENTS).where(trashed).values(words=sa.cast(found_by, TSVECTOR) if is_postgresql else found_by))


def downgrade() -> None:
    _leave_out_what_has_no_picture()
    _have_what_is_in_the_trash_found()
    op.drop_table("ai_calls")
    op.drop_table("share_links")
    op.drop_table("generation_counts")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_search_documents_public", "search_documents")
    op.drop_column("search_documents", "is_public")
    with op.batch_alter_table("images", schema=None) as batch_op:
        for name, _, _ in PARTIAL:
            batch_op.drop_index(name)
        batch_op.drop_index("ix_images_owner_id_dhash")
        batch_op.drop_column("wants_own_description")
        for name, _ in reversed(ADDED):
            batch_op.drop_column(name)
        for name, kind in PICTURE:
            batch_op.alter_column(name, existing_type=kind, nullable=False)
