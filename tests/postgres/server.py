"""A PostgreSQL server in a temporary folder, which may be stopped, killed, restarted, and replaced by its standby."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, LiteralString, Self

import psutil
import psycopg
from psycopg import sql

from tests import scratch
from tests.deadline import patience
from tests.postgres import programs

ROLE = "millstream"
ADMIN = "postgres"
STANDBY = "standby"
SECONDS = 60.0
_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_SETTINGS: Mapping[str, str] = {
    "fsync": "off",  # the process may be killed, the machine is not
    "max_connections": "200",
    "shared_buffers": "32MB",
    "wal_level": "replica",
    "max_wal_senders": "5",
    "wal_keep_size": "256MB",
    "log_min_messages": "warning",
    "dynamic_shared_memory_type": "mmap",  # in its folder: nothing of it outlives a kill
}


class PostgresServer:
    """One server. Enter it to have it running; leaving it leaves nothing behind.

    It listens on a unix socket in its folder and on a port of 127.0.0.1, which both stay the same for all its lives. It
    orders texts as English does, unless a column says otherwise: as most servers out there do, and SQLite does not.
    `settings` are added to those of the tests; `fsync: on` makes an answered commit survive a power cut. Its folder is
    made below `parent`, which has to be open to all users: in memory by default.
    """

    def __init__(
        self, settings: Mapping[str, str] | None = None, parent: Path | None = None, port: int | None = None
    ) -> None:
        self.settings: dict[str, str] = {**_SETTINGS, **(settings or {})}
        self._parent = parent or scratch.folder()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port or _free_port()

    def __enter__(self) -> Self:
        self.folder = _new_folder(self._parent)
        try:
            self._initialize()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _initialize(self) -> None:
        options = ("--username", ADMIN, "--auth", "trust", "--encoding", "UTF8", "--no-sync", "--no-locale")
        programs.run("initdb", "-D", str(self.data), *options, "--locale-provider", "icu", "--icu-locale", "en-US")
        self.start()
        self.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(ROLE)))

    @property
    def data(self) -> Path:
        """The folder of its data."""
        return self.folder / "data"

    @property
    def log(self) -> str:
        """All that it has logged."""
        return (self.folder / "log").read_text(errors="replace")

    def url(self, database: str) -> str:
        """Return the URL of a database for SQLAlchemy, by TCP, as an ordinary role."""
        return f"postgresql+psycopg://{ROLE}@127.0.0.1:{self.port}/{database}"

    def socket_url(self, database: str) -> str:
        """Return the same by the unix socket."""
        return f"postgresql+psycopg://{ROLE}@/{database}?host={self.folder}&port={self.port}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database that the ordinary role owns, empty or as a copy of another, and return its URL."""
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY").format(
            sql.Identifier(name), sql.Identifier(ROLE), sql.Identifier(template or "template0")
        )
        self.execute(statement)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database and end the sessions in it."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def execute(
        self,
        statement: LiteralString | bytes | sql.Composed,
        parameters: Sequence[object] = (),
        database: str = "postgres",
    ) -> list[tuple[Any, ...]]:
        """Run one statement as the superuser, outside of any transaction, and return its rows."""
        query = sql.SQL(statement) if isinstance(statement, str) else statement
        with self.connected(database) as connection:
            cursor = connection.execute(query, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def connected(self, database: str, options: str = "") -> psycopg.Connection[tuple[Any, ...]]:
        """Connect as the superuser; each statement is a transaction."""
        place = psycopg.conninfo.make_conninfo(host=str(self.folder), port=self.port, user=ADMIN, dbname=database)
        return psycopg.connect(place, options=options, autocommit=True)

    def execute_unchecked(self, statement: str, database: str) -> None:
        """Run one statement as the superuser, without foreign keys or triggers: as damage would do it."""
        settings = "-c session_replication_role=replica"
        with self.connected(database, options=settings) as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        settings = {**self.settings, "port": str(self.port), "listen_addresses": "127.0.0.1"}
        settings["unix_socket_directories"] = str(self.folder)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = programs.spawn(
                ["postgres", "-D", str(self.data), *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait(self._answers, "takes connections")

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `smart` waits for its clients, `fast` throws them out, `immediate` is as a crash."""
        self._end(_SIGNALS[mode])

    def kill(self) -> None:
        """End it with SIGKILL. Its children see that their parent is gone; no new life may begin before they end."""
        assert self._process is not None, "it was never started"
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._end(signal.SIGKILL)
        _, alive = psutil.wait_procs(children, patience(SECONDS))
        assert not alive, f"these outlived their parent: {alive}"

    def restart(self, mode: str = "fast") -> None:
        """Stop it and start it again."""
        self.stop(mode)
        self.start()

    def _end(self, number: int) -> None:
        assert self._process is not None, "it was never started"
        self._process.send_signal(number)
        self._process.wait(patience(SECONDS))

    def standby(self, port: int | None = None) -> "PostgresServer":
        """Return a new server that follows this one, running: from now on no commit is answered that it does not have.

        By default it listens on any free port. Its user closes it.
        """
        other = PostgresServer(self.settings, self._parent, port)
        other.folder = _new_folder(self._parent)
        try:
            self._copy_to(other)
        except BaseException:
            other.close()
            raise
        return other

    def _copy_to(self, other: "PostgresServer") -> None:
        source = f"host={self.folder} port={self.port} user={ADMIN} application_name={STANDBY}"
        programs.run("pg_basebackup", "-D", str(other.data), "-d", source, "-R", "-X", "stream", "-c", "fast", "-N")
        other.start()
        self.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")
        self.execute("SELECT pg_reload_conf()")
        self._wait(self._is_followed, "is followed by its standby")

    def _is_followed(self) -> bool:
        states = self.execute("SELECT sync_state FROM pg_stat_replication")
        return states == [("sync",)]

    def promote(self) -> None:
        """Make a standby the server that takes writes."""
        self.execute("SELECT pg_promote(wait => true)")
        self._wait(lambda: self.execute("SELECT pg_is_in_recovery()") == [(False,)], "takes writes")

    def close(self) -> None:
        """End it if it runs, and remove its folder."""
        if self._process is not None and self._process.poll() is None:
            self._end(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"PostgreSQL did not start: {self.log}"
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + patience(SECONDS)
        while not condition():
            assert time.monotonic() < end, f"in {SECONDS:g} s it did not come about that PostgreSQL {what}: {self.log}"
            time.sleep(0.02)


def several(servers: Sequence[PostgresServer], database: str) -> str:
    """Return a URL that names several servers: whichever takes writes is the one."""
    hosts = "&".join(f"host=127.0.0.1:{server.port}" for server in servers)
    return f"postgresql+psycopg://{ROLE}@/{database}?{hosts}&target_session_attrs=read-write"


def _new_folder(parent: Path) -> Path:
    """Make a folder that the user of the servers owns. Its path has to be short enough for a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=parent))
    programs.hand_over(folder)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
