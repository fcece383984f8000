"""`millstream db`, and commands that open a database themselves."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from millstream.cli.app import run
from millstream.cli.db.db import describe_upgrade
from tests.store.opening import opened

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def alone(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command where no service is named."""
    monkeypatch.delenv("MILLSTREAM_ADDRESS", raising=False)
    monkeypatch.delenv("MILLSTREAM_DB", raising=False)

    def run_alone(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        return (run(arguments), *capfd.readouterr())

    return run_alone


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'builds.db'}"


def test_a_database_is_made_once_and_is_whole(alone: Run, url: str) -> None:
    code, out, _ = alone("db", "upgrade", "--db", url)
    assert code == 0
    assert out.startswith("created the database, with schema ")
    code, out, _ = alone("db", "upgrade", "--db", url)
    assert code == 0
    assert out.startswith("nothing to do: the schema is ")
    assert alone("db", "check", "--db", url) == (0, "the database is whole\n", "")


def test_to_check_a_database_that_is_not_there_makes_none(alone: Run, tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    said = f"millstream: there is no database at {path}\n"
    assert alone("db", "check", "--db", f"sqlite:///{path}") == (1, "", said)
    assert not path.exists()


def test_a_store_is_given_a_new_id_but_while_a_service_has_it(alone: Run, url: str, tmp_path: Path) -> None:
    code, _, err = alone("db", "renew-id", "--db", url)
    assert (code, "there is no database at " in err) == (1, True)
    assert not (tmp_path / "builds.db").exists()
    alone("db", "upgrade", "--db", url)
    code, out, _ = alone("db", "renew-id", "--db", url)
    assert code == 0
    with opened(url) as database:
        assert out == f"the store has a new id: {database.store_id.hex()}\n"
        code, out, err = alone("db", "renew-id", "--db", url)
        assert (code, out) == (1, "")
        assert "another process has the database open: stop that one" in err
    assert alone("db", "check", "--db", url)[:2] == (0, "the database is whole\n")


def test_what_an_upgrade_did() -> None:
    assert describe_upgrade("0001", "0003") == "upgraded the schema from 0001 to 0003"


@pytest.mark.parametrize(
    "arguments", [("db", "check"), ("db", "upgrade"), ("builds",), ("serve", "--listen", "127.0.0.1:0")]
)
def test_a_file_that_is_no_database_is_refused(alone: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("nothing of the kind\n" * 1000)
    code, out, err = alone(*arguments, "--db", f"sqlite:///{path}")
    assert code == 1
    assert out == ""
    assert err.startswith("millstream: ")
    assert "Traceback" not in err
    assert "fault of Millstream" not in err
    assert path.read_text().startswith("nothing of the kind\n")


def test_what_is_no_url_is_refused(alone: Run) -> None:
    code, out, err = alone("builds", "--db", "no url")
    assert code in {1, 2}
    assert out == ""
    assert err.startswith("millstream: ")
    assert "fault of Millstream" not in err


def test_without_a_service_a_command_opens_the_database_itself(
    alone: Run, url: str, millstream_service: Any, recorded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = recorded.build()
    millstream_service.stop()
    for options in (("--db", millstream_service.database_url), ()):
        code, out, err = alone("builds", "--json", *options)
        assert (code, err) == (0, "")
        assert [fields["id"] for fields in json.loads(out)] == [build.id]
        monkeypatch.setenv("MILLSTREAM_DB", millstream_service.database_url)


def test_it_does_so_beside_a_service_on_the_same_database(alone: Run, millstream_service: Any, recorded: Any) -> None:
    build = recorded.build()
    code, out, err = alone("show", "latest", "--json", "--db", millstream_service.database_url)
    assert (code, err) == (0, "")
    assert json.loads(out)["id"] == build.id
