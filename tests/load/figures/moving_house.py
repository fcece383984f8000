"""A whole store that moves from SQLite to PostgreSQL and back."""

import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import run

from tests.load import pgbench
from tests.load.bench import Bench
from tests.load.measures import Line
from tests.load.processes import LoadError, service
from tests.moving import client_view, stock
from tests.moving.client_view import View

_BUILDS, _LINES = 100_000, 10_000_000
_LOGS_LOOKED_AT = 10_000
_COPY = (sys.executable, "-c", "from millstream.cli.app import main; main()", "db", "copy")
_SECONDS = 7_200.0


class MovingHouse:
    """How long `millstream db copy` takes for a store of 100,000 builds and 10,000,000 lines, in both directions.

    The comparison of both sides is in it. The floor is a plain copy of the SQLite file, twice: what is written and read
    again at the least. After each direction a service on the copy has to answer clients with the same bytes as one on
    the source: all pages of all lists, the first values of streams, every tenth log; anything else is an error.
    """

    name = "moving-house"
    by_default = False

    def run(self, bench: Bench) -> Iterator[Line]:
        """Fill a store and move it there and back."""
        builds, lines = bench.scaled(_BUILDS, least=20), bench.scaled(_LINES, least=200)
        every = max(1, builds // _LOGS_LOOKED_AT)
        with pgbench.on_postgres(bench) as there, there.database() as postgres, bench.new_folder() as folder:
            first, last = (folder / name for name in ("first.sqlite3", "last.sqlite3"))
            stock.fill(_url(first), builds, lines)
            seen = _seen(_url(first), every)
            floor = _copied_file(first)
            name = f"{builds:,} builds and {lines:,} lines"
            for source, target, way in ((_url(first), postgres, "to"), (postgres, _url(last), "from")):
                took = _copied(source, target)
                if _seen(target, every) != seen:
                    raise LoadError(f"clients see something else after the copy {way} PostgreSQL")
                yield Line(f"{name}, {way} PostgreSQL", " s", took, floor, "a copy of the file, twice", most=True)


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


def _seen(url: str, every: int) -> View:
    with service(url) as server:
        return client_view.view(server.address, every)


def _copied(source: str, target: str) -> float:
    begun = time.monotonic()
    done = run([*_COPY, source, target], capture_output=True, text=True, timeout=_SECONDS)
    if done.returncode:
        raise LoadError(f"the copy failed: {done.stderr}")
    return time.monotonic() - begun


def _copied_file(path: Path) -> float:
    begun = time.monotonic()
    for turn in range(2):
        shutil.copyfile(path, path.with_suffix(f".copy{turn}"))
    return time.monotonic() - begun
