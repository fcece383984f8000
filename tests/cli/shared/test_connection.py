"""Which service a command talks to."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from millstream.cli.shared.errors import BadUsageError, NoServiceError
from millstream.local.finding import open_service
from millstream.transport.answering import answers


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MILLSTREAM_ADDRESS", raising=False)
    monkeypatch.delenv("MILLSTREAM_DB", raising=False)


@pytest.fixture
def listening() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def nothing_there(free_port: Callable[[], int]) -> str:
    return f"127.0.0.1:{free_port()}"


def test_the_address_that_is_given_is_taken(listening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_ADDRESS", "127.0.0.1:1")
    with open_service(listening, None) as found:
        assert found == listening


def test_the_environment_gives_one_too(listening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_ADDRESS", listening)
    monkeypatch.setenv("MILLSTREAM_DB", "sqlite:////nowhere/at/all.db")
    with open_service(None, None) as found:
        assert found == listening


def test_the_default_is_taken_where_something_answers(listening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.transport.address.DEFAULT", listening)
    with open_service(None, None) as found:
        assert found == listening


def test_an_address_where_nothing_answers_is_never_replaced(
    nothing_there: str, listening: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millstream.transport.address.DEFAULT", listening)
    with pytest.raises(NoServiceError, match=nothing_there), open_service(nothing_there, None):
        pass


def test_a_unix_socket_is_an_address(tmp_path: Path) -> None:
    path = tmp_path / "service.sock"
    address = f"unix:{path}"
    assert not answers(address, 1)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        with open_service(address, None) as found:
            assert found == address


@pytest.mark.parametrize("address", ["nowhere", "host:", ":1", "host:0", "host:65536", "http://host:1", "unix:"])
def test_an_address_that_is_none_is_bad_usage(address: str) -> None:
    with pytest.raises(BadUsageError, match=r"HOST:PORT|socket"), open_service(address, None):
        pass


def test_address_and_database_exclude_each_other() -> None:
    with pytest.raises(BadUsageError, match="exclude each other"), open_service("127.0.0.1:1", "sqlite://"):
        pass
