"""The backups of SQLite that docs/operations.md names, taken while a service writes, are whole stores."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from millstream import Build, Client
from millstream_service.config import Config
from millstream_service.embedded import EmbeddedService
from millstream_service.store.engines.sqlite_driver import DRIVER
from millstream_service.store.upkeep.check import check
from tests.moving import stock

DOC = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()

BackUp = Callable[[sqlite3.Connection, Path], None]


def _vacuum(source: sqlite3.Connection, path: Path) -> None:
    source.execute("VACUUM INTO ?", [str(path)])


def _backup(source: sqlite3.Connection, path: Path) -> None:
    with closing(DRIVER.connect(path)) as target:
        source.backup(target)  # what the command line's .backup does


@pytest.mark.parametrize(("said", "back_up"), [("VACUUM INTO", _vacuum), (".backup", _backup)])
def test_a_backup_beside_a_running_service_is_whole(said: str, back_up: BackUp, tmp_path: Path) -> None:
    assert said in DOC
    path, copy = tmp_path / "store.sqlite3", tmp_path / "backup.sqlite3"
    stock.fill(f"sqlite:///{path}", 50, 500)
    with _client(path) as client, closing(DRIVER.connect(path)) as source:
        before = client.builds.create_build(Build(scheme_id=stock.SCHEME, version_string="1")).build.id
        back_up(source, copy)
        after = client.builds.create_build(Build(scheme_id=stock.SCHEME, version_string="1")).build.id
    assert check(f"sqlite:///{copy}") == []
    with _client(copy) as client:
        ids = {build.id for build in client.builds.list_builds(scheme_ids=[stock.SCHEME])}
    assert (before in ids, after in ids, len(ids)) == (True, False, 51)


@contextmanager
def _client(path: Path) -> Iterator[Client]:
    config = Config(listen="127.0.0.1:0", database=f"sqlite:///{path}")
    with EmbeddedService(config) as service, Client(service.address) as client:
        yield client
