"""A seal for every setting: what it was set to, by whoever has the key."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Settings that are there get their seals from who has the key."""
    op.add_column("config_entries", sa.Column("seal", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("config_entries", "seal")
