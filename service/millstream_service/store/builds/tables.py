"""The tables of builds, and what they are to the parts that all domains share. Times and enums as in `models`."""

from sqlalchemy import JSON, ForeignKey, Index, Integer, text

from millstream_service.store.engines.soundness import from_zero, of_texts, within
from millstream_service.store.schema.declaring import Mapped, mapped_column
from millstream_service.store.schema.models import Model, Mortal
from millstream_service.store.schema.resources import Log, Resource


def _is_share(value: float) -> bool:
    return 0 <= value <= 1


class Project(Mortal, Model):
    """Something that is built."""

    __tablename__ = "projects"
    bundle_identifier: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    display_name: Mapped[str]
    git_repo_url: Mapped[str]
    xcodeproj_name: Mapped[str]
    working_directory: Mapped[str]
    created_at: Mapped[int]
    __table_args__ = (Index("ix_projects_by_time", "created_at", "bundle_identifier"),)


class Scheme(Mortal, Model):
    """One way of building a project."""

    __tablename__ = "schemes"
    id: Mapped[str] = mapped_column(primary_key=True)
    project_bundle_identifier: Mapped[str] = mapped_column(ForeignKey("projects.bundle_identifier", ondelete="CASCADE"))
    name: Mapped[str]
    platforms: Mapped[list[int]] = mapped_column(info=within(range(1, 10)))
    order: Mapped[int] = mapped_column(Integer)
    __table_args__ = (Index("ix_schemes_of_project", "project_bundle_identifier", "order", "id"),)


class Build(Mortal, Model):
    """One run of a build."""

    __tablename__ = "builds"
    id: Mapped[str] = mapped_column(primary_key=True)
    scheme_id: Mapped[str] = mapped_column(ForeignKey("schemes.id", ondelete="CASCADE"))
    project_bundle_identifier: Mapped[str]
    version_string: Mapped[str]
    build_number: Mapped[int] = mapped_column(info=from_zero())
    created_at: Mapped[int]
    start_date: Mapped[int | None]
    end_date: Mapped[int | None]
    export_options: Mapped[list[int]] = mapped_column(info=within(range(1, 3)))
    status: Mapped[int] = mapped_column(Integer, info=within(range(1, 6)))
    progress: Mapped[float] = mapped_column(info=within(_is_share))
    commit_hash: Mapped[str]
    device_metadata: Mapped[str]
    os_version: Mapped[str]
    memory: Mapped[int] = mapped_column(info=from_zero())
    processor: Mapped[str]
    command: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    exit_code: Mapped[int | None] = mapped_column(Integer)
    branch: Mapped[str] = mapped_column(server_default=text("''"))
    host: Mapped[str] = mapped_column(server_default=text("''"))
    labels: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True), info=of_texts())
    __table_args__ = (
        Index("ix_builds_by_time", "created_at", "id"),
        Index("ix_builds_of_scheme", "scheme_id", "created_at", "id"),
        Index("ix_builds_of_scheme_version", "scheme_id", "version_string", "created_at", "id"),
        Index("ix_builds_of_project", "project_bundle_identifier", "created_at", "id"),
        Index("ix_builds_of_project_version", "project_bundle_identifier", "version_string", "created_at", "id"),
        Index("ix_builds_of_version", "version_string", "created_at", "id"),
        Index("ix_builds_of_status", "status", "created_at", "id"),
    )


class BuildLabel(Model):
    """One label of a build, so that builds are found by it in their order. `build_labels` keeps these true."""

    __tablename__ = "build_labels"
    label: Mapped[str] = mapped_column(primary_key=True)
    """`key=value`: a key has no `=`."""
    created_at: Mapped[int] = mapped_column(primary_key=True)
    """When the build was created."""
    build_id: Mapped[str] = mapped_column(ForeignKey("builds.id", ondelete="CASCADE"), primary_key=True)
    __table_args__ = (Index("ix_build_labels_of_build", "build_id"),)


class CrashLog(Mortal, Model):
    """A report of a crash."""

    __tablename__ = "crash_logs"
    incident_identifier: Mapped[str] = mapped_column(primary_key=True)
    build_id: Mapped[str] = mapped_column(ForeignKey("builds.id", ondelete="CASCADE"))
    scheme_id: Mapped[str]
    project_bundle_identifier: Mapped[str]
    is_main_thread: Mapped[bool]
    created_at: Mapped[int]
    content: Mapped[str]
    hardware_model: Mapped[str]
    process: Mapped[str]
    role: Mapped[int] = mapped_column(Integer, info=from_zero(3))
    date_time: Mapped[int | None]
    launch_time: Mapped[int | None]
    os_version: Mapped[str]
    note: Mapped[str]
    fixed: Mapped[bool]
    priority: Mapped[int] = mapped_column(Integer, info=within(range(1, 5)))
    __table_args__ = (
        Index("ix_crash_logs_by_time", "created_at", "incident_identifier"),
        Index("ix_crash_logs_of_build", "build_id", "created_at", "incident_identifier"),
        Index("ix_crash_logs_of_scheme", "scheme_id"),
        Index("ix_crash_logs_of_project", "project_bundle_identifier", "created_at", "incident_identifier"),
    )


class BuildLogHead(Model):
    """How far the log of a build goes. A build without lines may have none."""

    __tablename__ = "build_log_heads"
    build_id: Mapped[str] = mapped_column(ForeignKey("builds.id", ondelete="CASCADE"), primary_key=True)
    mark: Mapped[int]
    """A random number that tells the log from one of an earlier build of the same id."""
    deleted_seq: Mapped[int] = mapped_column(info=from_zero())
    """Lines up to this one are gone."""
    last_seq: Mapped[int] = mapped_column(info=from_zero())
    expired_at: Mapped[int | None]
    """When lines were given up last, after they had been kept for long enough; none where they were deleted."""


class BuildLogWriter(Model):
    """How far a writer has come in its own count."""

    __tablename__ = "build_log_writers"
    build_id: Mapped[str] = mapped_column(ForeignKey("builds.id", ondelete="CASCADE"), primary_key=True)
    writer_id: Mapped[str] = mapped_column(primary_key=True)
    last_entry: Mapped[int] = mapped_column(info=from_zero())


class BuildLogChunk(Model):
    """Some lines of a log that follow each other."""

    __tablename__ = "build_log_chunks"
    build_id: Mapped[str] = mapped_column(ForeignKey("builds.id", ondelete="CASCADE"), primary_key=True)
    first_seq: Mapped[int] = mapped_column(primary_key=True)
    last_seq: Mapped[int]
    levels: Mapped[int] = mapped_column(Integer)
    """Bit N is set where a line has the level N."""
    categories: Mapped[str]
    """Those that occur, a line each, sorted; `*` where there are many."""
    codec: Mapped[int] = mapped_column(Integer)
    """0: messages, as they go over the wire; 1: these, compressed; 2: columns. See convert.chunks."""
    merged: Mapped[bool]
    """Whether the chunk is as it shall stay, or waits to be merged with its neighbours."""
    size: Mapped[int] = mapped_column(Integer)
    """Bytes of the lines as messages."""
    payload: Mapped[bytes]
    checksum: Mapped[int] = mapped_column(server_default="0")
    """Of all that the row holds but `merged`: see logs.Chunk.computed_checksum."""
    __table_args__ = (
        # On PostgreSQL it is as short (the migration says so): to name an option of that here would load its dialect.
        Index("ix_build_log_chunks_unmerged", "build_id", sqlite_where=text("merged = 0")),
    )


BUILD_LABELS = BuildLabel.__table__
CHUNKS = BuildLogChunk.__table__
HEADS = BuildLogHead.__table__
WRITERS = BuildLogWriter.__table__
BUILD_LOGS = "build_logs"
"""The name that changes of logs go by; their key is the build's id."""
BUILD_LOG = Log(BUILD_LOGS, heads=HEADS, chunks=CHUNKS)

PROJECTS = Resource("project", Project.__table__, "bundle_identifier", order=("-created_at", "-bundle_identifier"))
SCHEMES = Resource(
    "scheme",
    Scheme.__table__,
    "id",
    order=("order", "id"),
    parent=PROJECTS,
    ancestors=("project_bundle_identifier",),
    listed_by=frozenset({"project_bundle_identifier", "order"}),
)
BUILDS = Resource(
    "build",
    Build.__table__,
    "id",
    order=("-created_at", "-id"),
    parent=SCHEMES,
    ancestors=("scheme_id", "project_bundle_identifier"),
    listed_by=frozenset({"scheme_id", "project_bundle_identifier", "version_string"}),
    log=BUILD_LOG,
    parts=(BUILD_LABELS,),
    writers=WRITERS,
)
CRASH_LOGS = Resource(
    "crash_log",
    CrashLog.__table__,
    "incident_identifier",
    order=("-created_at", "-incident_identifier"),
    parent=BUILDS,
    ancestors=("build_id", "scheme_id", "project_bundle_identifier"),
    listed_by=frozenset({"build_id", "scheme_id", "project_bundle_identifier"}),
    large=("content",),
)
RESOURCES = (PROJECTS, SCHEMES, BUILDS, CRASH_LOGS)
