"""Coding agents: instances, their events, relationships, issues and settings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # ordered by its bytes
COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # the row number itself


def upgrade() -> None:
    """Make the tables, and the counters of those whose ids are numbers."""
    op.create_table(
        "config_entries",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("encrypted", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_config_entries")),
    )
    op.create_table(
        "counters",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "github_issues",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("repository", TEXT, nullable=False),
        sa.Column("repo_owner", TEXT, nullable=False),
        sa.Column("repo_name", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("assignee", TEXT, nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("synced_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_github_issues")),
    )
    op.create_index("ix_github_issues_of_repository", "github_issues", ["repository", "number"], unique=False)
    op.create_index("ix_github_issues_of_state", "github_issues", ["repository", "state", "number"], unique=False)
    op.create_table(
        "instances",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("worktree_path", TEXT, nullable=False),
        sa.Column("branch_name", TEXT, nullable=False),
        sa.Column("base_branch", TEXT, nullable=False),
        sa.Column("tmux_session", TEXT, nullable=False),
        sa.Column("process_id", sa.BigInteger(), nullable=False),
        sa.Column("issue_number", sa.BigInteger(), nullable=False),
        sa.Column("pr_number", sa.BigInteger(), nullable=False),
        sa.Column("pr_url", TEXT, nullable=False),
        sa.Column("parent_instance_id", TEXT, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("terminated_at", sa.BigInteger(), nullable=False),
        sa.Column("last_activity", sa.BigInteger(), nullable=False),
        sa.Column("system_prompt", TEXT, nullable=False),
        sa.Column("agent_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_instance_id"], ["instances.id"], name=op.f("fk_instances_parent_instance_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instances")),
    )
    op.create_index("ix_instances_agent_number", "instances", ["issue_number", "agent_number"], unique=True)
    for time in ("created_at", "last_activity", "terminated_at"):
        for name, columns in (
            ("", []),
            ("_status", ["type", "status"]),
            ("_issue", ["issue_number"]),
            ("_parent", ["parent_instance_id"]),
        ):
            op.create_index(f"ix_instances_by_{time}{name}", "instances", [*columns, time, "id"], unique=False)
    op.create_table(
        "mcp_events",
        sa.Column("id", COUNTED, autoincrement=False, nullable=False),
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("tool_name", TEXT, nullable=False),
        sa.Column("success", sa.Boolean(), nullable=False),
        sa.Column("error_message", TEXT, nullable=False),
        sa.Column("metadata", sa.LargeBinary(), nullable=True),
        sa.Column("git_commit_hash", TEXT, nullable=False),
        sa.Column("status_change", sa.Integer(), nullable=False),
        sa.Column("is_status_updating", sa.Boolean(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name=op.f("fk_mcp_events_instance_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mcp_events")),
    )
    op.create_index("ix_mcp_events_by_time", "mcp_events", ["timestamp", "id"], unique=False)
    op.create_index("ix_mcp_events_of_instance", "mcp_events", ["instance_id", "id"], unique=False)
    op.create_table(
        "relationships",
        sa.Column("id", COUNTED, autoincrement=False, nullable=False),
        sa.Column("parent_instance", TEXT, nullable=False),
        sa.Column("child_instance", TEXT, nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("review_iteration", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("metadata", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["child_instance"], ["instances.id"], name=op.f("fk_relationships_child_instance"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parent_instance"], ["instances.id"], name=op.f("fk_relationships_parent_instance"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relationships")),
    )
    op.create_index("ix_relationships_of_child", "relationships", ["child_instance", "id"], unique=False)
    op.create_index("ix_relationships_of_parent", "relationships", ["parent_instance", "id"], unique=False)
    op.create_index(
        "ix_relationships_rounds", "relationships", ["parent_instance", "type", "review_iteration"], unique=False
    )
    op.create_index(
        "ix_relationships_unique", "relationships", ["parent_instance", "child_instance", "type"], unique=True
    )
    counters = sa.table("counters", sa.column("name", sa.Text), sa.column("value", sa.BigInteger))
    op.bulk_insert(counters, [{"name": name, "value": 0} for name in ("mcp_events", "relationships")])


def downgrade() -> None:
    """Drop all of it."""
    for table in ("relationships", "mcp_events", "instances", "github_issues", "config_entries", "counters"):
        op.drop_table(table)
