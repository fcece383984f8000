"""What was deleted and is being taken away, and how many deletions there had been when a row was made."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # ordered by its bytes
TABLES = ("projects", "schemes", "builds", "crash_logs", "instances", "mcp_events")


def upgrade() -> None:
    """Add a table, a counter and a column: rows that are there were made before the first deletion."""
    op.create_table(
        "deletions",
        sa.Column("table_name", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("table_name", "key", name=op.f("pk_deletions")),
    )
    op.create_index("ix_deletions_by_number", "deletions", ["number"], unique=False)
    for table in TABLES:
        op.add_column(table, sa.Column("generation", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    counters = sa.table("counters", sa.column("name", sa.Text), sa.column("value", sa.BigInteger))
    op.bulk_insert(counters, [{"name": "deletions", "value": 0}])


def downgrade() -> None:
    """Drop all of it."""
    for table in TABLES:
        op.drop_column(table, "generation")
    op.drop_table("deletions")
    op.execute("DELETE FROM counters WHERE name = 'deletions'")
