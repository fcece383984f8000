"""Where a store was opened last: one that was restored from a backup, or copied, is found by it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # ordered by its bytes


def upgrade() -> None:
    """Add the column. A store that is there stays who it is."""
    op.add_column("store_state", sa.Column("place", TEXT, nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("store_state", "place")
