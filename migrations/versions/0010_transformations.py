"""files made of images on demand, images made of others, and transformations that are put off"""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

READS = ("avif", "webp", "plain", "jpeg", "png", "gif", "tiff")


def upgrade() -> None:
    with op.batch_alter_table("images", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rights", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("lacks_profile", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("parent_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("recipe", sa.Text(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_images_parent_id_images"), "images", ["parent_id"], ["id"], ondelete="SET NULL")
        batch_op.create_index("ix_images_parent_id", ["parent_id"], unique=False)
    op.create_table(
        "derived_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("cache_key", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_derived_files_image_id_images"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_derived_files")),
        sa.UniqueConstraint("image_id", "cache_key", name=op.f("uq_derived_files_image_id_cache_key")),
        sa.UniqueConstraint("key", name=op.f("uq_derived_files_key")),
    )
    op.create_index("ix_derived_files_used_on", "derived_files", ["used_on"])
    op.create_table(
        "transformations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("save", sa.Boolean(), nullable=False),
        sa.Column("strict", sa.Boolean(), nullable=False),
        sa.Column("reads", sa.String(length=8), nullable=False),
        sa.Column("progress", sa.SmallInteger(), nullable=False),
        sa.Column("derived_file_id", sa.Uuid(), nullable=True),
        sa.Column("saved_image_id", sa.Uuid(), nullable=True),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(sa.column("reads").in_(READS), name=op.f("ck_transformations_reads")),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_transformations_image_id_images"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_transformations_owner_id_users"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["derived_file_id"],
            ["derived_files.id"],
            name=op.f("fk_transformations_derived_file_id_derived_files"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["saved_image_id"], ["images.id"], name=op.f("fk_transformations_saved_image_id_images"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transformations")),
    )
    for column in ("image_id", "owner_id", "derived_file_id", "saved_image_id", "created_at"):
        op.create_index(f"ix_transformations_{column}", "transformations", [column])
    op.create_index("ix_work_items_kind_created_at", "work_items", ["kind", "created_at"])
    with op.batch_alter_table("object_removals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lease_until", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("object_removals", schema=None) as batch_op:
        batch_op.drop_column("lease_until")
    op.drop_index("ix_work_items_kind_created_at", table_name="work_items")
    # The rows go, and the objects with them: the clock of the version before knows no derived file, but removes what is due. SQLite would
    # take ON CONFLICT for the condition of a join if there were no WHERE.
    op.execute(
        sa.text(
            "INSERT INTO object_removals (key, not_before) SELECT key, :now FROM derived_files WHERE true ON CONFLICT DO NOTHING"
        ).bindparams(sa.bindparam("now", int(time.time() * 1000), type_=sa.BigInteger()))
    )
    op.drop_table("transformations")
    op.drop_table("derived_files")
    with op.batch_alter_table("images", schema=None) as batch_op:
        batch_op.drop_index("ix_images_parent_id")
        batch_op.drop_constraint(op.f("fk_images_parent_id_images"), type_="foreignkey")
        batch_op.drop_column("recipe")
        batch_op.drop_column("parent_id")
        batch_op.drop_column("lacks_profile")
        batch_op.drop_column("rights")
