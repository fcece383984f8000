"""The tables. Times are nanoseconds since 1970 (UTC); enums are their protobuf numbers, lists of them JSON.

A row carries the ids of all rows above it (a build its scheme and its project): so a query by any of them is one
index away, and a change knows whom it concerns without asking. `rows` keeps them true when a row is moved.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, Index, Integer, LargeBinary, MetaData, Text, text

from millstream_service.store.declaring import Declared, Mapped, mapped_column
from millstream_service.store.soundness import Flag, from_zero, of_texts, within

_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Ordered by its bytes, as Python orders it, whatever the language of the database."""
_NAMES = {
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(Declared):
    """What all tables share: the names of their constraints, and how Python's types are stored."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar = {
        str: _TEXT,
        bytes: LargeBinary,
        float: Double,
        int: BigInteger,
        bool: Flag,
        list[int]: JSON,
    }


def _has_bytes(count: int) -> Callable[[bytes], bool]:
    return lambda value: len(value) == count


def _is_share(value: float) -> bool:
    return 0 <= value <= 1


def _is_change(value: Any) -> bool:
    """Return whether it is one of `changes.Change`, as the change log has it."""
    if not isinstance(value, list) or [type(one) for one in value] != [str, str, int, list, bool]:
        return False
    _, _, operation, ancestors, _ = value
    return operation in range(1, 4) and all(type(one) is str for one in ancestors)


class Mortal:
    """What rows have in common that may be dead for a while before they are taken away: see `deletions`."""

    generation: Mapped[int] = mapped_column(server_default=text("0"))
    """How many deletions there had been when the row was made, or put where it is."""


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


class Deletion(Model):
    """Something that was deleted, and of which more was left than one transaction takes away."""

    __tablename__ = "deletions"
    table_name: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    """Counts all deletions: rows at the key or below it whose generation is smaller are dead."""
    steps: Mapped[int]
    """How many steps have been taken: whether they go on tells whether a service sees to it."""
    __table_args__ = (Index("ix_deletions_by_number", "number"),)


class ChangeLogEntry(Model):
    """What one commit changed."""

    __tablename__ = "change_log"
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    committed_at: Mapped[int]
    changes: Mapped[list[Any]] = mapped_column(JSON, info=within(_is_change))


class StoreState(Model):
    """One row: who the store is, and the revision of its newest commit."""

    __tablename__ = "store_state"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    store_id: Mapped[bytes] = mapped_column(info=within(_has_bytes(16)))
    """16 random bytes, made with the database: tells one store's tokens from another's."""
    secret: Mapped[bytes] = mapped_column(info=within(_has_bytes(32)))
    """32 random bytes that tokens are signed with."""
    key_salt: Mapped[bytes] = mapped_column(info=within(_has_bytes(16)))
    """16 random bytes that go into the encryption key, where that is made from a passphrase."""
    key_id: Mapped[bytes | None] = mapped_column(info=within(_has_bytes(16)))
    """The encryption key that secrets are sealed with; none where no service ever had one."""
    revision: Mapped[int] = mapped_column(info=from_zero())
    place: Mapped[str | None]
    """Where the store was opened last: not where a copy of it is. None: never, since there is such a column."""
