"""PostgreSQL for the figures, durable and on the disk that the databases are on; and its own load tool, pgbench."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from psycopg import sql

from tests.load.bench import DATABASE, Bench
from tests.load.ghz import NotHadError
from tests.load.processes import LoadError
from tests.postgres import programs
from tests.postgres.server import ADMIN, PostgresServer

_SETTINGS = {"fsync": "on", "shared_buffers": "256MB", "dynamic_shared_memory_type": "posix"}
_ELSEWHERE = Path("/var/tmp")
_LONGEST_PATH = 60
_THREADS = 2


@contextmanager
def on_postgres(bench: Bench) -> Iterator[Bench]:
    """Give the bench with PostgreSQL in place of files as long as the block runs.

    Raises NotHadError where it is not installed.
    """
    if programs.folder() is None:
        raise NotHadError("PostgreSQL is not installed")
    with PostgresServer(_SETTINGS, _place(bench.folder.parent)) as server:
        yield replace(bench, postgres=server)


def _place(folder: Path) -> Path:
    """Return a folder that the server's user can get to: this one, where that is so, else where TMPDIR says."""
    wanted = (folder, Path(os.environ.get("TMPDIR", _ELSEWHERE)))
    return next((path for path in wanted if _is_fit(path)), _ELSEWHERE)


def _is_fit(folder: Path) -> bool:
    is_open = all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))
    return is_open and len(str(folder)) <= _LONGEST_PATH


def rate(bench: Bench, script: str, clients: int) -> float:
    """Return how often a second so many clients of pgbench run a script in the bench's database, a transaction each."""
    with bench.new_folder() as folder:
        file = folder / "script.sql"
        file.write_text(script)
        there = server(bench)
        command = [
            *(programs.program("pgbench"), "--no-vacuum", "--protocol=prepared", f"--file={file}"),
            *(f"--client={clients}", f"--jobs={min(clients, _THREADS)}", f"--time={max(1, round(bench.seconds))}"),
            *(f"--host={there.folder}", f"--port={there.port}", f"--username={ADMIN}", DATABASE),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120 + bench.seconds)
    found = [line for line in done.stdout.splitlines() if line.startswith("tps = ")]
    if done.returncode or not found:
        raise LoadError(f"pgbench failed: {done.stderr}")
    return float(found[0].split()[2])


def prepare(bench: Bench, statements: str) -> None:
    """Run statements in the bench's database."""
    server(bench).execute_unchecked(statements, DATABASE)


def insert_again(bench: Bench, table: str, key: str) -> str:
    """Return a statement that inserts a row of a table once more, as it is but for its key, which is made up."""
    there = server(bench)
    columns = [str(row[0]) for row in there.execute(_COLUMNS, [table], DATABASE)]
    query = sql.SQL("SELECT {} FROM {} LIMIT 1").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
    )
    [row] = there.execute(query, database=DATABASE)
    values = {name: _literal(value) for name, value in zip(columns, row, strict=True)}
    values[key] = "gen_random_uuid()::text"
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(values.values())});\n"


_COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position"


def _literal(value: object) -> str:
    """Return a value as SQL has it; a list is JSON."""
    return f"'{value}'" if isinstance(value, list) else sql.Literal(value).as_string(None)


def server(bench: Bench) -> PostgresServer:
    """Return the server of a bench on PostgreSQL."""
    assert bench.postgres is not None, "the bench is one on PostgreSQL"
    return bench.postgres
