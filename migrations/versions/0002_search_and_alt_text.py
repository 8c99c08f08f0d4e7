"""search, alt text apart from its suggestion, focal point"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The words stand in search_documents; FTS5 holds its index of them only, and the triggers keep it true.
FTS5 = (
    "CREATE VIRTUAL TABLE search_index USING fts5(words, content='search_documents', content_rowid='id', tokenize='ascii', prefix='2 3')",
    "CREATE TRIGGER search_documents_after_insert AFTER INSERT ON search_documents BEGIN"
    " INSERT INTO search_index(rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER search_documents_after_delete AFTER DELETE ON search_documents BEGIN"
    " INSERT INTO search_index(search_index, rowid, words) VALUES ('delete', old.id, old.words); END",
    "CREATE TRIGGER search_documents_after_update AFTER UPDATE ON search_documents BEGIN"
    " INSERT INTO search_index(search_index, rowid, words) VALUES ('delete', old.id, old.words);"
    " INSERT INTO search_index(rowid, words) VALUES (new.id, new.words); END",
)

RARE_STATES = {"animated": "frames > 1", "duplicate": "duplicate_of IS NOT NULL", "decorative": "alt_status = 'decorative'"}


def upgrade() -> None:
    with op.batch_alter_table("images", schema=None) as batch_op:
        # The version before may still take uploads once this has run: hence the default.
        batch_op.add_column(sa.Column("alt_status", sa.String(length=10), server_default="missing", nullable=False))
        batch_op.add_column(sa.Column("focal_x", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("focal_y", sa.Double(), nullable=True))
        batch_op.create_index("ix_images_owner_id_status_created_at_id", ["owner_id", "status", "created_at", "id"], unique=False)
    op.execute(
        "UPDATE images SET alt_status = CASE WHEN alt <> '' THEN 'approved'"
        " WHEN ai_provider <> 'offline' THEN 'suggested' ELSE 'missing' END"
    )
    with op.batch_alter_table("images", schema=None) as batch_op:
        batch_op.create_check_constraint(
            op.f("ck_images_alt_status"), sa.column("alt_status").in_(("missing", "suggested", "approved", "decorative"))
        )
    for column in ("visibility", "source"):
        op.create_index(f"ix_images_owner_id_{column}_created_at_id", "images", ["owner_id", column, "created_at", "id"])
    for name, state in RARE_STATES.items():
        where = sa.text(state)
        op.create_index(f"ix_images_{name}", "images", ["owner_id", "created_at", "id"], sqlite_where=where, postgresql_where=where)

    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "search_documents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_search_documents_image_id_images"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_search_documents_owner_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_documents")),
        sa.UniqueConstraint("image_id", name=op.f("uq_search_documents_image_id")),
    )
    op.create_index("ix_search_documents_owner_id_id", "search_documents", ["owner_id", "id"])
    if is_sqlite:
        for statement in FTS5:
            op.execute(statement)
    else:
        op.create_index("ix_search_documents_words", "search_documents", ["words"], postgresql_using="gin")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
    op.drop_table("search_documents")
    for name in (*RARE_STATES, "owner_id_visibility_created_at_id", "owner_id_source_created_at_id"):
        op.drop_index(f"ix_images_{name}", table_name="images")
    with op.batch_alter_table("images", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_images_alt_status"), type_="check")
        batch_op.drop_index("ix_images_owner_id_status_created_at_id")
        batch_op.drop_column("focal_y")
        batch_op.drop_column("focal_x")
        batch_op.drop_column("alt_status")
