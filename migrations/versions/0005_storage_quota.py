"""how much a user keeps, and how much they may"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SUM = "UPDATE users SET storage_used = (SELECT COALESCE(SUM(images.bytes), 0) FROM images WHERE images.owner_id = users.id)"


def upgrade() -> None:
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("storage_used", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("storage_quota", sa.BigInteger(), nullable=True))
    op.execute(SUM)


def downgrade() -> None:
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_column("storage_quota")
        batch_op.drop_column("storage_used")
