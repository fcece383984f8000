"""`millstream db rotate-key`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from millstream.cli.app import run
from millstream_service.errors import KeyRefusedError
from millstream_service.store.agents import encryption
from tests.store.opening import opened
from tests.store.secrets import SECRETS, fill, raw

Run = Callable[..., tuple[int, str, str]]
Keep = Callable[[int], str]


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'builds.db'}"
    with opened(url) as database:
        fill(database, raw(1))
    return url


@pytest.fixture
def key_file(tmp_path: Path) -> Keep:
    def keep(number: int) -> str:
        path = tmp_path / f"key{number}"
        path.write_text(raw(number).text)
        path.chmod(0o600)
        return str(path)

    return keep


@pytest.fixture
def rotate(url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("MILLSTREAM_KEY", "MILLSTREAM_KEY_FILE", "MILLSTREAM_KEYRING", "MILLSTREAM_NEW_KEY"):
        monkeypatch.delenv(name, raising=False)

    def run_rotation(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        return (run(["db", "rotate-key", "--db", url, *arguments]), *capfd.readouterr())

    return run_rotation


def has_key(url: str, number: int) -> bool:
    with opened(url) as database:
        try:
            encryption.unlock(database, raw(number))
        except KeyRefusedError:
            return False
        return True


def test_from_file_to_file(rotate: Run, url: str, key_file: Keep) -> None:
    said = f"{len(SECRETS)} secrets encrypted with the new key\n"
    assert rotate("--key-file", key_file(1), "--new-key-file", key_file(2)) == (0, said, "")
    assert (has_key(url, 1), has_key(url, 2)) == (False, True)


def test_by_the_environment(rotate: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_KEY", raw(1).text)
    monkeypatch.setenv("MILLSTREAM_NEW_KEY", raw(2).text)
    assert rotate()[0] == 0
    assert (has_key(url, 1), has_key(url, 2)) == (False, True)


def test_a_wrong_old_key_changes_nothing(rotate: Run, url: str, key_file: Keep) -> None:
    wrong = key_file(3)
    said = f"millstream: {wrong}: is not the key that this database's secrets are encrypted with\n"
    assert rotate("--key-file", wrong, "--new-key-file", key_file(2)) == (1, "", said)
    assert has_key(url, 1)


def test_what_is_missing_is_named(rotate: Run, key_file: Keep) -> None:
    code, out, err = rotate("--new-key-file", key_file(2))
    assert (code, out) == (2, "")
    assert err == "millstream: the old key is missing: name it by --key-file, --keyring or the environment\n"
    code, out, err = rotate("--key-file", key_file(1))
    assert (code, out) == (2, "")
    assert err == "millstream: the new key is missing: name it by --new-key-file or MILLSTREAM_NEW_KEY\n"


def test_a_database_that_is_not_there_is_not_made(rotate: Run, key_file: Keep, tmp_path: Path) -> None:
    gone = tmp_path / "gone.db"
    code, _, err = rotate("--db", f"sqlite:///{gone}", "--key-file", key_file(1), "--new-key-file", key_file(2))
    assert (code, err) == (1, f"millstream: there is no database at {gone}\n")
    assert not gone.exists()
