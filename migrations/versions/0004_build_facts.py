"""What was run, on which branch and host, how it ended, and labels to find it by."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # ordered by its bytes


def upgrade() -> None:
    """Add the columns, empty for the builds that are there, and the table of labels."""
    for column in (
        sa.Column("command", sa.JSON(), nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("branch", TEXT, nullable=False, server_default=sa.text("''")),
        sa.Column("host", TEXT, nullable=False, server_default=sa.text("''")),
        sa.Column("labels", sa.JSON(), nullable=True),
    ):
        op.add_column("builds", column)
    op.create_table(
        "build_labels",
        sa.Column("label", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("build_id", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["build_id"], ["builds.id"], name=op.f("fk_build_labels_build_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("label", "created_at", "build_id", name=op.f("pk_build_labels")),
    )
    op.create_index("ix_build_labels_of_build", "build_labels", ["build_id"], unique=False)


def downgrade() -> None:
    """Give up what was added."""
    op.drop_table("build_labels")
    for name in ("labels", "host", "branch", "exit_code", "command"):
        op.drop_column("builds", name)
