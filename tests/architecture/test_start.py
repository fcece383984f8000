"""What short commands load: how long they take is measured (`python -m tests.load start`), why is tested here."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from millstream.testing import MillstreamService
from tests.deadline import patience

PRELUDE = "import sys; from millstream.cli.app import run; code = run(sys.argv[1:]); "
TELL = "print('loaded', *sys.modules, file=sys.stderr); sys.exit(code)"
SERVICE = "millstream_service"
"""The service: it is loaded where none answers."""
HEAVY = {
    "cryptography",
    "typer",
    "pydantic",
    "rich",
    "alembic",
    "sqlalchemy",
    "sqlalchemy.orm",
    "grpc",
    "google.protobuf",
    "asyncio",
}
"""What takes long to load. Each is needed by some commands, and by no others."""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user's folder with a store in it that is up to date."""
    found = {
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "MILLSTREAM_DB": f"sqlite:///{tmp_path / 'store.sqlite3'}",
        "MILLSTREAM_SPOOL": str(tmp_path / "spool"),
        "PATH": "/usr/bin:/bin",
    }
    loaded(found, "builds")
    return found


def loaded(environment: Mapping[str, str], *arguments: str) -> set[str]:
    """Run a command, and return the names of all modules that are loaded at its end."""
    command = [sys.executable, "-c", PRELUDE + TELL, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=patience(60))
    last = done.stderr.splitlines()[-1]
    assert last.startswith("loaded "), done.stderr
    assert done.returncode == 0, done.stderr
    return set(last.split()[1:])


def heavy(modules: set[str]) -> set[str]:
    return HEAVY & modules


def test_the_process_that_a_command_runs_under_loads_next_to_nothing(environment: dict[str, str]) -> None:
    modules = loaded(environment, "run", "--quiet", "--", "true")
    assert heavy(modules) == set()
    assert not {one for one in modules if one.startswith(SERVICE)}
    assert len(modules) < 250


def test_help_loads_what_prints_it_and_the_command_alone(environment: dict[str, str]) -> None:
    modules = loaded(environment, "builds", "--help")
    assert heavy(modules) <= {"typer", "pydantic"}
    assert not {"millstream.cli.logs.tail", "millstream.cli.run", SERVICE} & modules


def test_the_collector_leaves_a_short_command_alone(environment: dict[str, str]) -> None:
    code = (
        "import atexit, gc, sys; from millstream.cli.app import main; from millstream import short_life;"
        "count = lambda: sum(one['collections'] for one in gc.get_stats());"
        "short_life.begin(); before = count();"
        "atexit.register(lambda: print(count() - before, file=sys.stderr)); main()"
    )
    command = [sys.executable, "-c", code, "builds"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=patience(60), check=True)
    assert done.stderr.splitlines()[-1] == "0"


LEAVING = """
import atexit, sys, threading, time
from millstream import short_life

class Taken:
    def __del__(self):
        print("taken apart")

kept = Taken()
atexit.register(print, "registered")
threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
print("x" * 100_000)
short_life.end(3)
"""


def test_a_short_command_ends_whole_but_is_not_taken_apart() -> None:
    done = subprocess.run([sys.executable, "-c", LEAVING], capture_output=True, text=True, timeout=patience(60))
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout == f"{'x' * 100_000}\nthread\nregistered\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("builds",),
        ("builds", "--json", "--limit", "5"),
        ("agents", "list"),
        ("agents", "config", "list"),
    ],
)
def test_a_read_command_without_a_service_loads_neither_alembic_nor_the_orm(
    environment: dict[str, str], arguments: tuple[str, ...]
) -> None:
    modules = loaded(environment, *arguments)
    assert SERVICE in modules, "there is no service, so the command opens the store"
    assert heavy(modules) <= {"sqlalchemy", "grpc", "google.protobuf", "asyncio"}
    assert not {one for one in modules if one.startswith("sqlalchemy.dialects.postgresql")}
    assert "re2" not in modules


def test_a_read_command_with_a_service_loads_nothing_of_it(
    environment: dict[str, str], millstream_service: MillstreamService
) -> None:
    modules = loaded(environment | {"MILLSTREAM_ADDRESS": millstream_service.address, "MILLSTREAM_DB": ""}, "builds")
    assert heavy(modules) <= {"grpc", "google.protobuf", "asyncio"}
    assert not {one for one in modules if one.startswith(SERVICE)}


def test_a_recorder_loads_what_reads_output_with_the_first_of_it() -> None:
    code = "import sys, millstream.run.recording.recorder; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=patience(60), check=True
    )
    modules = set(done.stdout.split())
    assert heavy(modules) <= {"grpc", "google.protobuf", "asyncio"}
    assert not {"millstream.output", SERVICE} & modules
