"""The commands of docs/postgresql.md for backup and recovery, as they stand there, on a server of the test's own."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from millstream_service.store.builds.tables import PROJECTS
from millstream_service.store.database.database import Database
from millstream_service.store.entities.rows import find
from tests.deadline import patience
from tests.moving import stock
from tests.postgres import programs
from tests.postgres.server import ADMIN, SECONDS, PostgresServer
from tests.store.opening import opened

pytestmark = pytest.mark.skipif(programs.folder() is None, reason="PostgreSQL is not installed")

DOC = (Path(__file__).parents[2] / "docs" / "postgresql.md").read_text()
PLACE = "/srv/millstream"
TIME = "2026-11-21 12:00:00+00"


def _section(name: str) -> str:
    return DOC.split(f"\n## {name}\n")[1].split("\n## ")[0]


def _blocks(section: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", _section(section), re.DOTALL)


@dataclass(frozen=True)
class Site:
    """A server whose archive and backups are below a folder, and what runs a block of commands there."""

    server: PostgresServer
    folder: Path

    def commands(self, block: str, moment: str = TIME) -> None:
        """Run the commands of a block, and check what the doc says that they print."""
        for line in self.here(block).replace(TIME, moment).removeprefix("$ ").split("\n$ "):
            command, _, printed = line.partition("\n")
            said = self._output(command)
            assert not printed or said == printed.strip(), command

    def here(self, text: str) -> str:
        """Return a text of the doc with the folder of this site."""
        return text.replace(PLACE, str(self.folder))

    def _output(self, command: str) -> str:
        """Run one command, as ourselves where it is ours, else as the user of the server."""
        binaries = f"{programs.folder()}:{Path(sys.executable).parent}:/usr/bin:/bin"
        places = {"PGHOST": str(self.server.folder), "PGPORT": str(self.server.port), "PGUSER": ADMIN}
        ours = command.startswith("millstream ")
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            env={"PATH": binaries, "LC_ALL": "C.UTF-8", "HOME": str(self.folder), **places},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=patience(SECONDS),
            user=None if ours else programs.user_id(),
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout.strip()


@pytest.fixture
def site() -> Iterator[Site]:
    """A server that archives its write-ahead log as the doc says, with a store in it."""
    [settings] = _blocks("Going back to a point in time", "ini")
    with PostgresServer() as server:
        site = Site(server, server.folder / "backups")
        for folder in (site.folder, site.folder / "archive"):
            folder.mkdir()
            programs.hand_over(folder)
        place = {"unix_socket_directories": str(server.folder)}
        own = [f"{name} = '{value}'" for name, value in (server.settings | place).items()]
        lines = [*own, *site.here(settings).splitlines()]
        with (server.data / "postgresql.conf").open("a") as file:
            file.write("\n".join(["", *lines, ""]))
        server.restart()
        stock.fill(server.create_database("millstream"), 20, 200)
        yield site


def _has_project(url: str) -> bool:
    database = Database(url).open()
    try:
        return database.read_now(lambda connection: find(connection, PROJECTS, stock.PROJECT)) is not None
    finally:
        database.close()


def _store_id(url: str) -> bytes:
    with opened(url) as database:
        return database.store_id


def test_a_dump_is_restored(site: Site) -> None:
    [block] = _blocks("Backup", "console")
    before = _store_id(site.server.url("millstream"))
    site.commands(block)
    assert _has_project(site.server.url("millstream_again"))
    again = _store_id(site.server.url("millstream_again"))
    assert again != before, "it is another store"
    assert _store_id(site.server.url("millstream_again")) == again
    assert _store_id(site.server.url("millstream")) == before


def test_a_dump_that_is_restored_into_its_own_database_is_another_store(site: Site) -> None:
    before = _store_id(site.server.url("millstream"))
    dump = f"pg_dump --format=custom --file={site.folder}/dump millstream"
    site.commands(f"$ {dump}\n$ pg_restore --exit-on-error --clean --dbname=millstream {site.folder}/dump")
    again = _store_id(site.server.url("millstream"))
    assert again != before
    site.server.restart()
    assert _store_id(site.server.url("millstream")) == again


def test_the_server_goes_back_to_a_point_in_time(site: Site) -> None:
    base, back = _blocks("Going back to a point in time", "console")
    before = _store_id(site.server.url("millstream"))
    site.commands(base)
    site.server.execute("UPDATE projects SET name = 'later'", database="millstream")
    [[moment]] = site.server.execute("SELECT clock_timestamp()::text")
    assert site.server.execute(_commit_times(), database="millstream")
    site.server.execute("DELETE FROM projects", database="millstream")
    [[last]] = site.server.execute("SELECT pg_walfile_name(pg_switch_wal())")
    _wait_for(site.folder / "archive" / last)
    site.server.kill()
    try:
        site.commands(back, moment)
        assert _has_project(site.server.url("millstream"))
        assert _store_id(site.server.url("millstream")) != before
        assert site.server.execute("SELECT name FROM projects", database="millstream") == [("later",)]
    finally:
        programs.run("pg_ctl", "-D", str(site.folder / "restored"), "-m", "immediate", "stop")


def _commit_times() -> bytes:
    [query] = re.findall(r"`(SELECT revision.*?)`", _section("Going back to a point in time"), re.DOTALL)
    return str(query).encode()


def _wait_for(file: Path) -> None:
    end = time.monotonic() + patience(SECONDS)
    while not file.exists():
        assert time.monotonic() < end, f"{file.name} was not archived"
        time.sleep(0.01)
