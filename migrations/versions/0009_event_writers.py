"""How far those have come in their own counts who append events."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # ordered by its bytes


def upgrade() -> None:
    """Add the table: nobody has counted yet."""
    op.create_table(
        "mcp_event_writers",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("writer_id", TEXT, nullable=False),
        sa.Column("last_entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name=op.f("fk_mcp_event_writers_instance_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "writer_id", name=op.f("pk_mcp_event_writers")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("mcp_event_writers")
