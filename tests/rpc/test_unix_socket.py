"""A unix socket is its owner's alone from the first moment, and one service's."""

import os
import socket
import stat
from pathlib import Path

import pytest

from millstream_service.errors import CannotListenError
from millstream_service.rpc.unix_socket import UnixSocket


class Listener:
    """Listens as gRPC does: at a path that it makes itself, with the modes that the umask leaves."""

    def __init__(self) -> None:
        self.path = Path()
        self._socket = socket.socket(socket.AF_UNIX)

    def add_port(self, address: str) -> None:
        self.path = Path(address.removeprefix("unix:"))
        self._socket.bind(str(self.path))
        self._socket.listen()

    def close(self) -> None:
        self._socket.close()


def _placed(path: Path) -> tuple[UnixSocket, Listener]:
    one, listener = UnixSocket(path), Listener()
    assert one.claim()
    one.bind(listener.add_port)
    one.place()
    return one, listener


def _connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(path)) == 0


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_nobody_else_could_connect_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o777)
    before = os.umask(0)
    monkeypatch.setattr(os, "umask", lambda _: pytest.fail("the umask is the whole process's"))
    listener = Listener()
    seen: list[tuple[bool, int]] = []

    def add_port(address: str) -> None:
        listener.add_port(address)
        seen.append((path.exists(), stat.S_IMODE(listener.path.parent.stat().st_mode)))

    path = tmp_path / "socket"
    one = UnixSocket(path)
    try:
        assert one.claim()
        one.bind(add_port)
        assert seen == [(False, 0o700)], "while others may write to the socket, they can't enter its folder"
        assert stat.S_IMODE(listener.path.stat().st_mode) == 0o600
        one.place()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert _connects(path)
        assert _names(tmp_path) == ["socket", "socket.lock"]
    finally:
        monkeypatch.undo()
        os.umask(before)
        one.close()
        listener.close()
    assert _names(tmp_path) == []


def test_a_path_is_one_s_alone_until_that_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    first, listener = _placed(path)
    second = UnixSocket(path)
    assert not second.claim()
    first.close()
    listener.close()
    second, listener = _placed(path)
    assert _connects(path)
    assert not UnixSocket(path).claim()
    second.close()
    listener.close()


def test_one_that_waits_is_moved_into_place_when_the_other_has_gone(tmp_path: Path) -> None:
    first, first_listener = _placed(tmp_path / "socket")
    waiting, listener = UnixSocket(tmp_path / "socket"), Listener()
    waiting.bind(listener.add_port)
    assert not waiting.claim()
    first.close()
    first_listener.close()
    assert waiting.claim()
    waiting.place()
    assert _connects(tmp_path / "socket")
    waiting.close()
    listener.close()
    assert _names(tmp_path) == []


def test_what_never_came_into_place_takes_nothing_away(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    path.write_text("dear all")
    one, listener = UnixSocket(path), Listener()
    assert one.claim()
    one.bind(listener.add_port)
    with pytest.raises(CannotListenError, match="a file that is not a socket"):
        one.place()
    one.close()
    listener.close()
    assert path.read_text() == "dear all"
    assert _names(tmp_path) == ["letter"]


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "socket.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotListenError):
        UnixSocket(tmp_path / "socket").claim()
    assert not (tmp_path / "elsewhere").exists()


def test_a_path_without_room_in_an_address_is_told(tmp_path: Path) -> None:
    one, listener = UnixSocket(tmp_path / ("x" * 120)), Listener()
    with pytest.raises(CannotListenError, match="too long"):
        one.bind(listener.add_port)
    one.close()
    listener.close()
    assert _names(tmp_path) == []
