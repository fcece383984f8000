"""What other programs do to a database, whatever engine it is of, while a service runs on it or not."""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, make_url

from millstream_service.store.engines.sqlite_driver import DRIVER
from tests.postgres import programs
from tests.postgres.server import PostgresServer
from tests.store.opening import beside

COPY = "millstream_copy"


def run_beside(url: str, *statements: str) -> Sequence[Any]:
    """Run statements, each in a transaction of its own; return the rows of the last one, if it has any."""
    module = {"module": DRIVER} if make_url(url).get_backend_name() == "sqlite" else {}
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", **module)
    with engine.connect() as connection:
        *_, last = [connection.exec_driver_sql(statement) for statement in statements]
        return last.fetchall() if last.returns_rows else []


def back_up(url: str, folder: Path, server: Callable[[], PostgresServer]) -> str:
    """Copy a database by its engine's own means; return the URL of the copy."""
    if make_url(url).get_backend_name() == "sqlite":
        copy = folder / f"{COPY}.sqlite3"
        with beside(url) as live, closing(DRIVER.connect(copy)) as saved:
            live.backup(saved)
        return f"sqlite:///{copy}"
    return _dumped_and_restored(url, server())


def _dumped_and_restored(url: str, server: PostgresServer) -> str:
    server.drop_database(COPY)
    target = server.create_database(COPY)
    file = str(server.folder / f"{COPY}.dump")
    programs.run("pg_dump", _for_libpq(url), "--format=custom", f"--file={file}")
    programs.run("pg_restore", _for_libpq(target), "--clean", "--if-exists", file)
    return target


def _for_libpq(url: str) -> str:
    return f"--dbname={make_url(url).set(drivername='postgresql').render_as_string()}"
