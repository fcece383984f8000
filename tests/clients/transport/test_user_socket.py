"""Where a user's own services listen: for each database a socket, in a folder that nobody else may enter."""

import os
import tempfile
from pathlib import Path

import pytest

from millstream.transport import user_socket
from millstream.transport.address import DEFAULT, resolve
from millstream_service.config import Config
from millstream_service.embedded import EmbeddedService


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's runtime folder, with a path that is short enough."""
    folder = Path(tempfile.mkdtemp(prefix="ms-"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.delenv("MILLSTREAM_ADDRESS", raising=False)
    return folder


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_its_folder_is_made_for_its_owner_alone(runtime: Path, tmp_path: Path) -> None:
    path = user_socket.path_for(_url(tmp_path / "builds.db"))
    assert path.parent == runtime / "millstream"
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_each_database_has_its_own(runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "a.db")
    monkeypatch.chdir(tmp_path)
    one = user_socket.path_for(_url(tmp_path / "a.db"))
    for same in (_url(Path("a.db")), "sqlite+pysqlite:///a.db?timeout=3", _url(tmp_path / "x" / ".." / "link.db")):
        assert user_socket.path_for(same) == one
    others = ("sqlite:///b.db", "postgresql+psycopg://me@db/builds", "postgresql+psycopg://me@db/other", None)
    assert len({one, *map(user_socket.path_for, others)}) == 5
    assert user_socket.path_for("sqlite://") != user_socket.path_for("sqlite://"), "in memory each is another"


def test_the_users_own_database_has_a_plain_name(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    assert user_socket.path_for().name == "millstream.sock"
    assert user_socket.path_for(_url(user_socket.default_database())).name == "millstream.sock"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_socket.path_for().name != "millstream.sock", "another home has another database"


def test_a_folder_that_others_may_enter_is_not_taken(
    runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(runtime / "tmp"))
    (runtime / "tmp").mkdir()
    (runtime / "millstream").mkdir(mode=0o755)
    (runtime / "millstream").chmod(0o755)
    path = user_socket.path_for(_url(tmp_path / "a.db"))
    assert path.parent == runtime / "tmp" / f"millstream-{os.getuid()}"
    path.parent.rmdir()
    path.parent.symlink_to(tmp_path)
    assert user_socket.path_for(_url(tmp_path / "a.db")).parent != path.parent, "nor is a link"


@pytest.mark.parametrize("named", ["relative", "/nowhere/at/all", f"/dev/shm/{'x' * 120}", ""])
def test_without_a_runtime_folder_there_is_another(
    runtime: Path, tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(runtime))
    monkeypatch.setenv("XDG_RUNTIME_DIR", named)
    path = user_socket.path_for(_url(tmp_path / "a.db"))
    assert path.parent in (Path(f"/run/user/{os.getuid()}/millstream"), runtime / f"millstream-{os.getuid()}")


def test_clients_without_an_address_look_there_first(runtime: Path) -> None:
    assert resolve() == DEFAULT
    url = _url(user_socket.default_database())
    listen = f"unix:{user_socket.path_for(url)}"
    with EmbeddedService(Config(listen, database="sqlite://")):
        assert resolve() == user_socket.find() == user_socket.find(url) == listen
        assert user_socket.find("sqlite:////another.db") is None
    assert resolve() == DEFAULT
