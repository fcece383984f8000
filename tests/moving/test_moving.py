"""A store that has moved to another engine looks the same to its clients, to the last byte."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from millstream.cli.app import run
from millstream_service.config import Config
from millstream_service.embedded import EmbeddedService
from millstream_service.store.database.database import Database
from millstream_service.store.database.unfinished import origin
from millstream_service.store.upkeep.check import check
from tests.deadline import patience
from tests.moving import client_view, stock
from tests.postgres.server import PostgresServer

pytestmark = pytest.mark.slow(20)

BUILDS, LINES = 400, 20_000
COPY = [sys.executable, "-c", "from millstream.cli.app import main; main()", "db", "copy"]


def _seen(url: str) -> tuple[dict[str, str], dict[str, bytes]]:
    with EmbeddedService(Config(listen="127.0.0.1:0", database=url)) as service:
        return client_view.view(service.address), client_view.resume_tokens(service.address)


def test_there_and_back_clients_see_the_same_and_their_tokens_stand(
    postgres: PostgresServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first, last = (f"sqlite:///{tmp_path / name}.sqlite3" for name in ("first", "last"))
    stock.fill(first, BUILDS, LINES)
    seen, tokens = _seen(first)
    there = postgres.create_database("moving")
    for source, target in ((first, there), (there, last)):
        assert run(["db", "copy", source, target]) == 0
        assert capfd.readouterr().out.endswith("both databases hold the same\n")
        with EmbeddedService(Config(listen="127.0.0.1:0", database=target)) as service:
            assert client_view.view(service.address) == seen
            assert client_view.stand(service.address, tokens) == dict.fromkeys(tokens, True)
        assert check(target) == []
    postgres.drop_database("moving")


def test_a_copy_that_was_killed_goes_on(tmp_path: Path) -> None:
    source, target = (f"sqlite:///{tmp_path / name}.sqlite3" for name in ("source", "target"))
    stock.fill(source, 8_000, 8_000)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MILLSTREAM_")}
    with subprocess.Popen([*COPY, source, target], env=environment, stdout=subprocess.PIPE, text=True) as killed:
        path = tmp_path / "target.sqlite3-wal"
        end = time.monotonic() + patience(60)
        while not (path.exists() and path.stat().st_size > 1 << 20):
            assert killed.poll() is None, "it ended before it was killed"
            assert time.monotonic() < end
            time.sleep(0.001)
        killed.send_signal(signal.SIGKILL)
    database = Database(target).open(unfinished=True)
    assert database.read_now(origin) is not None
    database.close()
    done = subprocess.run(
        [*COPY, source, target], env=environment, capture_output=True, text=True, timeout=patience(100)
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{8_000:,}" in done.stdout
    assert check(target) == []


def test_what_can_t_be_copied_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source, target = (f"sqlite:///{tmp_path / name}.sqlite3" for name in ("source", "target"))
    assert run(["db", "copy", source, target]) == 1
    assert capfd.readouterr().err == f"millstream: there is no database at {tmp_path / 'source.sqlite3'}\n"
    stock.fill(source, 1, 1)
    stock.fill(target, 1, 1)
    assert run(["db", "copy", source, target]) == 1
    assert capfd.readouterr() == ("", "millstream: the target is not empty\n")
