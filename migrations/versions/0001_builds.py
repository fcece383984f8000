"""Projects, schemes, builds, their logs and crash reports; the change log; who the store is."""

import os

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # ordered by its bytes


def upgrade() -> None:
    """Make the first tables, and give the store its identity."""
    op.create_table(
        "change_log",
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("committed_at", sa.BigInteger(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_change_log")),
    )
    op.create_table(
        "projects",
        sa.Column("bundle_identifier", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("git_repo_url", TEXT, nullable=False),
        sa.Column("xcodeproj_name", TEXT, nullable=False),
        sa.Column("working_directory", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bundle_identifier", name=op.f("pk_projects")),
    )
    op.create_index("ix_projects_by_time", "projects", ["created_at", "bundle_identifier"], unique=False)
    op.create_table(
        "store_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("key_salt", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.LargeBinary(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_state")),
    )
    op.create_table(
        "schemes",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("project_bundle_identifier", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("platforms", sa.JSON(), nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_bundle_identifier"],
            ["projects.bundle_identifier"],
            name=op.f("fk_schemes_project_bundle_identifier"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schemes")),
    )
    op.create_index("ix_schemes_of_project", "schemes", ["project_bundle_identifier", "order", "id"], unique=False)
    op.create_table(
        "builds",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("scheme_id", TEXT, nullable=False),
        sa.Column("project_bundle_identifier", TEXT, nullable=False),
        sa.Column("version_string", TEXT, nullable=False),
        sa.Column("build_number", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("start_date", sa.BigInteger(), nullable=True),
        sa.Column("end_date", sa.BigInteger(), nullable=True),
        sa.Column("export_options", sa.JSON(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("commit_hash", TEXT, nullable=False),
        sa.Column("device_metadata", TEXT, nullable=False),
        sa.Column("os_version", TEXT, nullable=False),
        sa.Column("memory", sa.BigInteger(), nullable=False),
        sa.Column("processor", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["scheme_id"], ["schemes.id"], name=op.f("fk_builds_scheme_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_builds")),
    )
    op.create_index("ix_builds_by_time", "builds", ["created_at", "id"], unique=False)
    op.create_index("ix_builds_of_project", "builds", ["project_bundle_identifier", "created_at", "id"], unique=False)
    op.create_index(
        "ix_builds_of_project_version",
        "builds",
        ["project_bundle_identifier", "version_string", "created_at", "id"],
        unique=False,
    )
    op.create_index("ix_builds_of_scheme", "builds", ["scheme_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_builds_of_scheme_version", "builds", ["scheme_id", "version_string", "created_at", "id"], unique=False
    )
    op.create_index("ix_builds_of_status", "builds", ["status", "created_at", "id"], unique=False)
    op.create_index("ix_builds_of_version", "builds", ["version_string", "created_at", "id"], unique=False)
    op.create_table(
        "build_log_chunks",
        sa.Column("build_id", TEXT, nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("levels", sa.Integer(), nullable=False),
        sa.Column("categories", TEXT, nullable=False),
        sa.Column("codec", sa.Integer(), nullable=False),
        sa.Column("merged", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["build_id"], ["builds.id"], name=op.f("fk_build_log_chunks_build_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("build_id", "first_seq", name=op.f("pk_build_log_chunks")),
    )
    op.create_index(
        "ix_build_log_chunks_unmerged",
        "build_log_chunks",
        ["build_id"],
        unique=False,
        sqlite_where=sa.text("merged = 0"),
        postgresql_where=sa.text("NOT merged"),
    )
    op.create_table(
        "build_log_heads",
        sa.Column("build_id", TEXT, nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("deleted_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("expired_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["build_id"], ["builds.id"], name=op.f("fk_build_log_heads_build_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("build_id", name=op.f("pk_build_log_heads")),
    )
    op.create_table(
        "build_log_writers",
        sa.Column("build_id", TEXT, nullable=False),
        sa.Column("writer_id", TEXT, nullable=False),
        sa.Column("last_entry", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["build_id"], ["builds.id"], name=op.f("fk_build_log_writers_build_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("build_id", "writer_id", name=op.f("pk_build_log_writers")),
    )
    op.create_table(
        "crash_logs",
        sa.Column("incident_identifier", TEXT, nullable=False),
        sa.Column("build_id", TEXT, nullable=False),
        sa.Column("scheme_id", TEXT, nullable=False),
        sa.Column("project_bundle_identifier", TEXT, nullable=False),
        sa.Column("is_main_thread", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("hardware_model", TEXT, nullable=False),
        sa.Column("process", TEXT, nullable=False),
        sa.Column("role", sa.Integer(), nullable=False),
        sa.Column("date_time", sa.BigInteger(), nullable=True),
        sa.Column("launch_time", sa.BigInteger(), nullable=True),
        sa.Column("os_version", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["build_id"], ["builds.id"], name=op.f("fk_crash_logs_build_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("incident_identifier", name=op.f("pk_crash_logs")),
    )
    op.create_index("ix_crash_logs_by_time", "crash_logs", ["created_at", "incident_identifier"], unique=False)
    op.create_index(
        "ix_crash_logs_of_build", "crash_logs", ["build_id", "created_at", "incident_identifier"], unique=False
    )
    op.create_index(
        "ix_crash_logs_of_project",
        "crash_logs",
        ["project_bundle_identifier", "created_at", "incident_identifier"],
        unique=False,
    )
    op.create_index("ix_crash_logs_of_scheme", "crash_logs", ["scheme_id"], unique=False)

    state = sa.table(
        "store_state",
        sa.column("id", sa.Integer),
        sa.column("store_id", sa.LargeBinary),
        sa.column("secret", sa.LargeBinary),
        sa.column("key_salt", sa.LargeBinary),
        sa.column("revision", sa.BigInteger),
    )
    identity = {"store_id": os.urandom(16), "secret": os.urandom(32), "key_salt": os.urandom(16)}
    op.bulk_insert(state, [{"id": 1, "revision": 0, **identity}])


def downgrade() -> None:
    """Drop all of it."""
    for table in (
        "crash_logs",
        "build_log_writers",
        "build_log_heads",
        "build_log_chunks",
        "builds",
        "schemes",
        "store_state",
        "projects",
        "change_log",
    ):
        op.drop_table(table)
