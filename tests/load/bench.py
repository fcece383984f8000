"""One run of the harness: how long, how often, how large, and where its files are."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from millstream import Build, Client, Project, Scheme
from tests import scratch
from tests.load import messages
from tests.load.measures import Line
from tests.load.processes import Crew, Server, TracedServer, floor, service, traced_service
from tests.postgres.server import PostgresServer

DATABASE = "load"
"""The name of the database in a PostgreSQL server."""


@dataclass(frozen=True)
class Bench:
    """`seconds` is how long a floor or a figure runs each time, `rounds` how often in turn; `scale` shrinks the data.

    All files are made below `folder`, so that a floor and its figure are on the same disk. `crew` puts the load on.
    Services have their databases in files, or in `postgres`. `rows`: of a figure with many, these alone.
    """

    folder: Path
    crew: Crew
    seconds: float = 3.0
    rounds: int = 5
    scale: float = 1.0
    postgres: PostgresServer | None = None
    rows: tuple[str, ...] = ()

    def scaled(self, count: int, least: int = 1) -> int:
        """Return how many to use of something that a full run has `count` of."""
        return max(least, round(count * self.scale))

    @contextmanager
    def new_folder(self) -> Iterator[Path]:
        """Give an empty folder as long as the block runs."""
        with TemporaryDirectory(dir=self.folder) as name:
            yield Path(name)

    @contextmanager
    def in_memory(self) -> Iterator["Bench"]:
        """Give the same with files that no disk has to flush, where there is room for them in memory."""
        with TemporaryDirectory(prefix="load-", dir=scratch.folder()) as name:
            yield replace(self, folder=Path(name))

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the URL of an empty database as long as the block runs."""
        if self.postgres is None:
            with self.new_folder() as folder:
                yield f"sqlite:///{folder / 'millstream.sqlite3'}"
        else:
            yield self.postgres.create_database(DATABASE)
            self.postgres.drop_database(DATABASE)

    @contextmanager
    def service(self) -> Iterator[Server]:
        """Give a service with an empty database as long as the block runs."""
        with self.database() as url, service(url) as server:
            yield server

    @contextmanager
    def traced_service(self) -> Iterator[TracedServer]:
        """Give a service that counts the statements it runs, with an empty database, as long as the block runs."""
        with self.new_folder() as folder, traced_service(folder / "millstream.sqlite3") as server:
            yield server

    @contextmanager
    def answering(self, message: bytes) -> Iterator[Server]:
        """Give a bare server that answers every unary call with this message, as long as the block runs."""
        with self.new_folder() as folder:
            path = folder / "message"
            messages.write(path, [message])
            with floor("answering", str(path)) as server:
                yield server


class Figure(Protocol):
    """Something that is measured.

    `name` is what the command line calls it; `by_default`: it runs unless others are named.
    """

    name: str
    by_default: bool

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure it and yield lines as they are there."""


PROJECT = "com.example.load"
SCHEME = "load"


@contextmanager
def recorded(server: Server, builds: int) -> Iterator[tuple[Client, list[str]]]:
    """Give a client, and builds of a project that it has just made."""
    with Client(server.address) as client:
        client.builds.create_project(
            Project(bundle_identifier=PROJECT, name="load"),
            [Scheme(id=SCHEME, name="load")],
        )
        yield client, [client.builds.create_build(a_build()).build.id for _ in range(builds)]


def a_build() -> Build:
    """Return a build with the fields that a build machine fills in."""
    build = Build(
        scheme_id=SCHEME,
        version_string="1.10.2",
        build_number=268,
        status="BUILD_STATUS_RUNNING",
        commit_hash="36024b1d3d0d4b7f9a3a1b7f8a9c0d1e2f3a4b5c",
        device_metadata="MacBookPro18,3",
        os_version="macOS 15.1",
        memory=32,
        processor="Apple M1 Max",
    )
    build.start_date.GetCurrentTime()
    return build


def free_port() -> int:
    """Return the number of a UDP port that nobody uses just now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
