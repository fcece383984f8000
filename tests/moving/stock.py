"""A store of any size, filled without a service: builds with their logs, as a service would have written them."""

from collections.abc import Sequence
from itertools import islice

from sqlalchemy import Connection

from millstream import BuildLogEntry
from millstream_service.convert.logs.logs import Entries, check_entries
from millstream_service.store.builds.tables import BUILDS, CRASH_LOGS, PROJECTS, SCHEMES
from millstream_service.store.database.database import Database
from millstream_service.store.entities import rows
from millstream_service.store.history import change_log
from millstream_service.store.history.changes import Change
from millstream_service.store.logs import logs
from tests.store.stored import build_row, crash_log_row, project_row, scheme_row

PROJECT, SCHEME = "com.example.Moving", "moving"
_BUILDS_A_COMMIT = 200
_CRASH_EVERY = 50
_KINDS_OF_LOGS = 20


def fill(url: str, builds: int, lines: int) -> None:
    """Fill a new store with so many builds and lines, shared out among them, and a crash report now and then."""
    entries = [_entries(lines // builds, kind) for kind in range(_KINDS_OF_LOGS)]
    database = Database(url).open()
    try:
        with database.connect_writer() as connection:
            _commit(connection, _project(connection))
            numbers = iter(range(builds))
            while some := list(islice(numbers, _BUILDS_A_COMMIT)):
                with connection.begin():
                    changes = [change for number in some for change in _build(connection, number, entries)]
                    change_log.record(connection, changes)
    finally:
        database.close()


def _entries(count: int, kind: int) -> Entries:
    return check_entries(
        [BuildLogEntry(content=f"[{n}/{count}] CompileC Objects/File{n * 7919 % 1000}-{kind}.o") for n in range(count)]
    )


def _project(connection: Connection) -> list[Change]:
    with connection.begin():
        changes = rows.create(connection, PROJECTS, project_row(PROJECT))[1]
        return [*changes, *rows.create(connection, SCHEMES, scheme_row(SCHEME, PROJECT))[1]]


def _commit(connection: Connection, changes: list[Change]) -> None:
    with connection.begin():
        change_log.record(connection, changes)


def _build(connection: Connection, number: int, entries: Sequence[Entries]) -> list[Change]:
    """Create one build with its log. Some ids differ in their case alone, and some times not at all."""
    build_id = f"{'B' if number % 3 else 'b'}uild-{number:07}"
    row = build_row(build_id, SCHEME, created_at=number // 5, version_string=f"1.{number % 40}", build_number=number)
    changes = rows.create(connection, BUILDS, row)[1]
    kind = entries[number % len(entries)]
    if kind.parts:
        changes += logs.append(connection, build_id, "writer", 1, len(kind.parts), kind.encoder(build_id))[1]
    if number % _CRASH_EVERY == 0:
        report = crash_log_row(f"crash-{number}", build_id, content=f"Thread {number} crashed: ünïcode \U0001f4a5")
        changes += rows.create(connection, CRASH_LOGS, report)[1]
    return changes
