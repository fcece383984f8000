"""New databases of each kind, for tests that do not care which it is."""

from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Literal

from tests import templates
from tests.postgres.pool import Pool

Kind = Literal["memory", "file", "postgres"]
KINDS: tuple[Kind, ...] = ("memory", "file", "postgres")
LASTING: tuple[Kind, ...] = ("file", "postgres")
"""Those that outlive who opens them, and that several may open."""
SQLITE: tuple[Kind, ...] = ("memory", "file")
EACH_ENGINE: tuple[Kind, ...] = ("memory", "postgres")
NewUrl = Callable[[], str]
_numbers = count(1)


class Databases:
    """Makes databases of one kind, with our schema and nothing in it. Enter it; leaving it ends those that it made."""

    def __init__(self, kind: Kind, folder: Path, pool: Callable[[], Pool]) -> None:
        self._new = {"memory": self._in_memory, "file": self._in_a_file, "postgres": self._in_postgres}[kind]
        self._folder = folder
        self._pool = pool
        self._stack = ExitStack()

    def __enter__(self) -> NewUrl:
        return self._new

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _in_memory(self) -> str:
        return self._stack.enter_context(templates.in_memory())

    def _in_a_file(self) -> str:
        url, path = file_in(self._folder)
        templates.copy_to(path)
        return url

    def _in_postgres(self) -> str:
        return self._stack.enter_context(self._pool().database())


class EmptyDatabases(Databases):
    """The same of databases that have nothing in them, not even tables."""

    def _in_memory(self) -> str:
        return "sqlite:///:memory:"

    def _in_a_file(self) -> str:
        return file_in(self._folder)[0]

    def _in_postgres(self) -> str:
        server, name = self._pool().server, f"millstream_{next(_numbers)}"
        self._stack.callback(server.drop_database, name)
        return server.create_database(name)


def file_in(folder: Path) -> tuple[str, Path]:
    """Return the URL of a database in a file that is not there yet, and the file."""
    path = folder / f"millstream_{next(_numbers)}.sqlite3"
    return f"sqlite:///{path}", path
