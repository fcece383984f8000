"""All that is special to PostgreSQL: how a connection is set up, what its errors mean, and how a commit wakes others.

`?millstream_notify=off` in the URL does without LISTEN and NOTIFY, for a database that has none: what other services
commit is then found a little later, in the change log, which is the truth in any case.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Self

import psycopg
from psycopg import AsyncConnection
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, inspect, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from millstream_service.errors import (
    DiskFullError,
    MillstreamServiceError,
    QueryFailedError,
    StoreBusyError,
    StoreCorruptError,
    StoreUnavailableError,
)
from millstream_service.store.engines import soundness
from millstream_service.store.engines.database_file import DatabaseFile
from millstream_service.store.engines.prepared import call, execute

__all__ = [
    "announce",
    "beating",
    "checkpoint",
    "engine",
    "file",
    "forgive",
    "hold_checkpoints",
    "insert",
    "integrity",
    "is_collision",
    "keeps_one_open",
    "lock_schema",
    "lock_writes",
    "lost",
    "normalize",
    "pipeline",
    "place",
    "prepare",
    "release_some_space",
    "translate",
    "unreadable",
    "watch",
]

_log = logging.getLogger(__name__)
logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of each pipeline that a lost connection has ended
CHANNEL = "millstream_commits"
POLL_SECONDS = 5.0
"""So often the change log is looked at though nobody called: a NOTIFY may be lost."""
POLL_UNTOLD_SECONDS = 0.5
"""The same without NOTIFY."""
LOCK_TIMEOUT_SECONDS = 5.0
STATEMENT_TIMEOUT_SECONDS = 60.0
_NOTIFY = "millstream_notify"
_MAX_DIGITS = 19
"""Of a revision."""

_CONNECTING: Mapping[str, str] = {
    "application_name": "millstream",
    "connect_timeout": "3",
    "keepalives_idle": "10",  # else a server that vanished without a word is noticed after hours
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""Options of libpq, where the URL does not say otherwise."""

_SESSION: Mapping[str, Mapping[str, str]] = {
    "writer": {
        "default_transaction_isolation": "read\\ committed",  # each statement sees what was committed before it
        "lock_timeout": f"{LOCK_TIMEOUT_SECONDS * 1000:.0f}",
        "statement_timeout": f"{STATEMENT_TIMEOUT_SECONDS * 1000:.0f}",
        "idle_in_transaction_session_timeout": "30000",  # a service that is stuck with the lock gives it back
    },
    "reader": {
        "default_transaction_isolation": "repeatable\\ read",
        "statement_timeout": f"{STATEMENT_TIMEOUT_SECONDS * 1000:.0f}",
        "idle_in_transaction_session_timeout": "600000",
    },
}

_UNREACHABLE = (StoreUnavailableError, "the database can't be reached")
_FULL = (DiskFullError, "the disk that holds the database is full")
_ERRORS: Mapping[str, tuple[type[MillstreamServiceError], str]] = {
    "08": _UNREACHABLE,
    "25006": (StoreUnavailableError, "the database can't be written to"),
    "25P03": _UNREACHABLE,
    "28": (StoreUnavailableError, "the database refuses the login"),
    "3D000": (StoreUnavailableError, "there is no such database"),
    "40": (StoreBusyError, "another transaction is in the way"),
    "42501": (StoreUnavailableError, "the database refuses permission"),
    "53100": _FULL,
    "53": (StoreBusyError, "the database has no resources left"),
    "55P03": (StoreBusyError, "another process holds the database's lock"),
    "57014": (StoreBusyError, "the database took too long"),
    "57P": (StoreUnavailableError, "the database is stopping or starting"),
    "58": (StoreUnavailableError, "the disk that holds the database does not answer"),
    "XX001": (StoreCorruptError, "the database is damaged"),
    "XX002": (StoreCorruptError, "the database is damaged"),
}
"""By SQLSTATE, or what it begins with (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""

_REFUSALS: Mapping[str, str] = {
    "too many clients": "53300",
    "connection slots": "53300",
    "too many connections": "53300",
    "authentication failed": "28P01",
    "no pg_hba.conf entry": "28000",
    "no password supplied": "28P01",
    "does not exist": "3D000",
    "starting up": "57P03",
    "shutting down": "57P03",
}
"""What libpq says of a connection that did not come about, where it gives no SQLSTATE."""


def _state(error: DBAPIError) -> str:
    """Return the SQLSTATE of an error; `08006` for a connection that failed without one."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None or not isinstance(error.orig, psycopg.OperationalError | psycopg.InterfaceError):
        return state or ""
    said = str(error.orig)
    return next((state for words, state in _REFUSALS.items() if words in said), "08006")


def translate(error: DBAPIError) -> MillstreamServiceError:
    """Return our error for one of the driver's: no SQL, no host and no password in its text."""
    state = _state(error)
    for length in (5, 3, 2):
        if state[:length] in _ERRORS:
            kind, message = _ERRORS[state[:length]]
            return kind(message)
    return QueryFailedError("the store refused a statement")


def unreadable(error: DBAPIError) -> bool:
    """Return False: the server takes no text that can't be read."""
    del error
    return False


def forgive(engine: Engine) -> None:
    """Do nothing, likewise."""


def lost(error: DBAPIError) -> bool:
    """Return whether the connection is gone, or leads to a server that takes no writes any more."""
    return _state(error).startswith(("08", "57P", "25006", "25P03", "40003"))


def is_collision(error: DBAPIError) -> bool:
    """Return whether the transaction was rolled back so that another could go on."""
    return _state(error) in {"40001", "40P01"}


def normalize(url: URL) -> URL:
    """Return the URL to connect with. All of libpq's options may stand in its query."""
    return url.set(drivername="postgresql+psycopg")


def prepare(url: URL) -> None:
    """Do nothing: the server's administrator makes the database."""


def file(url: URL) -> DatabaseFile:
    """Return none: its files are the server's."""
    del url
    return DatabaseFile(None)


def place(connection: Connection, file: DatabaseFile) -> str:
    """Return the numbers of cluster, database and table: whatever restores a dump makes at least one of them anew.

    Not that of the timeline: it changes when a standby takes over, which has all that was answered.
    """
    del file
    cluster = connection.scalar(_CLUSTER) if connection.scalar(_MAY_KNOW_THE_CLUSTER) else "?"
    database, table = connection.execute(_DATABASE_AND_TABLE).one()
    return f"{cluster}/{database}/{table}"


_MAY_KNOW_THE_CLUSTER = text("SELECT has_function_privilege(to_regprocedure('pg_control_system()'), 'EXECUTE')")
_CLUSTER = text("SELECT system_identifier FROM pg_control_system()")
_DATABASE_AND_TABLE = text(
    "SELECT oid::bigint, 'store_state'::regclass::oid::bigint FROM pg_database WHERE datname = current_database()"
)


def keeps_one_open() -> bool:
    """Return False: connections are not to be had for nothing."""
    return False


def engine(url: URL, role: str) -> Engine:
    """Return an engine whose connections are those of a `writer` or of a `reader`."""
    options = " ".join(f"-c {name}={value}" for name, value in _SESSION[role].items())
    given = url.query.get("options", "")
    ours = {**_CONNECTING, "options": f"{options} {given}".strip()}
    ours = {name: value for name, value in ours.items() if name not in url.query or name == "options"}
    made = create_engine(
        _plain(url).difference_update_query(["options"]),
        poolclass=NullPool,
        connect_args=ours,
        use_native_hstore=False,
        json_deserializer=soundness.parse,
        execution_options={_NOTIFY: _notifies(url)},
    )

    @event.listens_for(made, "do_connect")
    def connect(_dialect: Any, _record: Any, _args: Any, options: dict[str, Any]) -> "_Connection":
        return _Connection.connect(**options, cursor_factory=_Cursor)

    @event.listens_for(made, "connect")
    def set_up(connection: "psycopg.Connection[Any]", _record: Any) -> None:
        if connection.info.parameter_status("server_encoding") != "UTF8":
            connection.close()
            raise StoreUnavailableError("the encoding of the database is not UTF8")
        if role == "writer":
            _be_durable(connection)
        else:  # a session that is so by default is refused where the URL asks for a server that takes writes
            connection.read_only = True

    return made


class _Cursor(psycopg.Cursor[Any]):
    """SQLAlchemy's, which asks for what a statement has brought as soon as it is run: so that waits in a pipeline."""

    def execute(self, *args: Any, **named: Any) -> Self:
        """Run a statement and wait for what it brings."""
        super().execute(*args, **named)
        return self._wait()

    def executemany(self, *args: Any, **named: Any) -> None:
        """Run a statement with many values, and wait."""
        super().executemany(*args, **named)
        self._wait()

    def _wait(self) -> Self:
        if self.connection.pgconn.pipeline_status:
            with self.connection.pipeline():
                pass
        return self


class _Connection(psycopg.Connection[Any]):
    """Its own `execute` does not wait in a pipeline; to fetch a row does."""

    def execute(self, *args: Any, **named: Any) -> "psycopg.Cursor[Any]":
        """Run a statement."""
        return psycopg.Cursor(self).execute(*args, **named)


@contextmanager
def pipeline(connection: Connection) -> Iterator[None]:
    """Wait for no statement but for one whose rows are asked for; an error may come with a later statement."""
    driver: Any = connection.connection.driver_connection
    with ExitStack() as stack:
        stack.enter_context(driver.pipeline())
        yield
        call(connection, stack.close)


def _plain(url: URL) -> URL:
    """Return the URL without what is ours alone."""
    return url.difference_update_query([_NOTIFY])


def _notifies(url: URL) -> bool:
    return url.query.get(_NOTIFY, "on") != "off"


def _be_durable(connection: "psycopg.Connection[Any]") -> None:
    """Have an answered write survive a crash, whatever the server's default. One that asks for more stays."""
    [setting] = connection.execute("SHOW synchronous_commit").fetchone() or ("off",)
    if setting == "off":
        connection.execute("SET synchronous_commit = on")
    connection.commit()


def lock_writes(connection: Connection) -> None:
    """Take the lock of the row that has the revision; other writers wait until we have committed."""
    execute(connection, "SELECT 1 FROM store_state WHERE id = 1 FOR UPDATE")


def lock_schema(connection: Connection) -> None:
    """Take the lock of the row that has the schema's version. A migration may take its time."""
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL lock_timeout = '10min'"))
    if inspect(connection).has_table("alembic_version"):
        connection.execute(text("SELECT version_num FROM alembic_version FOR UPDATE")).all()


@contextmanager
def beating(connection: Connection, beat: Callable[[], None]) -> Iterator[None]:
    """Do nothing: the server ends who has the lock and does not get on."""
    del connection, beat
    yield


def announce(connection: Connection, revision: int) -> None:
    """Notify those who listen, with the revision, once the transaction is committed."""
    if connection.get_execution_options()[_NOTIFY]:
        execute(connection, "SELECT pg_notify(%s, %s)", [CHANNEL, str(revision)])


def integrity(connection: Connection) -> list[str]:
    """Return nothing: PostgreSQL checks its own files, with its own tools (pg_amcheck, data checksums)."""
    del connection
    return []


def release_some_space(connection: Connection) -> tuple[bool, tuple[()]]:
    """Do nothing: autovacuum makes room."""
    del connection
    return False, ()


def hold_checkpoints(connection: Connection) -> None:
    """Do nothing: the server sees to its log."""


def checkpoint(connection: Connection, room: int) -> None:
    """Do nothing, likewise."""


class _Listening:
    """Waits for a NOTIFY on a connection of its own, and no longer than some seconds.

    Whenever the connection was made anew, something may have been missed.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._notifies = _notifies(url)
        self._connection: AsyncConnection[Any] | None = None

    async def wait(self) -> int | None:
        """Wait for a NOTIFY and return its revision, or None once it is time to look."""
        if self._notifies:
            try:
                return await self._told()
            except (psycopg.Error, OSError) as error:
                _log.info("not listening to the database: %s", type(error).__name__)
                await self.close()
            except Exception:
                await self.close()
                raise
        await asyncio.sleep(POLL_UNTOLD_SECONDS)
        return None

    async def _told(self) -> int | None:
        if self._connection is None:
            self._connection = await self._connect()
            await self._connection.execute(f"LISTEN {CHANNEL}")
            return None
        notifications = self._connection.notifies(timeout=POLL_SECONDS, stop_after=1)
        return max([_revision(one.payload) async for one in notifications], default=None)

    async def _connect(self) -> "AsyncConnection[Any]":
        dialect = _plain(self._url).get_dialect()()
        _, options = dialect.create_connect_args(_plain(self._url))
        return await AsyncConnection.connect(**{**_CONNECTING, **options}, autocommit=True)

    async def close(self) -> None:
        """Stop listening."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error, OSError):
                await connection.close()


def _revision(payload: str) -> int:
    """Return what a notification says; 0, which wakes nobody, for one that is none of ours: anyone may notify."""
    if payload.isascii() and payload.isdigit() and len(payload) <= _MAX_DIGITS:
        return int(payload)
    _log.warning("ignored a notification without a revision: %.40r", payload)
    return 0


def watch(url: URL) -> _Listening:
    """Return a watch of the database."""
    return _Listening(url)
