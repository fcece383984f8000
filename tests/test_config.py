"""What a service may be started with: this machine alone can reach it."""

from pathlib import Path

import pytest

from millstream_service.config import DEFAULT_LISTEN, Config, default_database_url, default_listen
from millstream_service.embedded import EmbeddedService
from millstream_service.errors import MillstreamServiceError, ValidationFailedError


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "127.0.0.1:65535", "127.8.9.10:1", "localhost:50551", "[::1]:50551"])
def test_it_listens_on_this_machine(listen: str) -> None:
    config = Config(listen=listen, database="sqlite://")
    assert config.addresses == (listen,)


@pytest.mark.parametrize(
    "listen",
    [
        *("0.0.0.0:50551", "[::]:1", "192.168.1.2:1", "[fe80::1]:1", "example.com:1", "localhost.example.com:1"),
        *("", ":1", "unix:", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:１"),
        *(("127.0.0.1:0", "0.0.0.0:0"), ("unix:/run/it.sock", "unix:"), "unix:/run/\0.sock", "unix-abstract:it"),
    ],
)
def test_it_refuses_what_can_be_reached_from_outside_or_is_no_address(listen: str | tuple[str, ...]) -> None:
    with pytest.raises(ValidationFailedError) as caught:
        Config(listen=listen, database="sqlite://")
    assert caught.value.field == "listen"


def test_a_socket_has_a_path_that_does_not_depend_on_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = Config(listen=("unix:here.sock", "unix:/run/it.sock", "[::1]:0"), database="sqlite://")
    assert config.addresses == (f"unix:{tmp_path}/here.sock", "unix:/run/it.sock", "[::1]:0")


def test_it_listens_on_the_default_address_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_LISTEN", "")
    assert default_listen() == DEFAULT_LISTEN
    monkeypatch.setenv("MILLSTREAM_LISTEN", "unix:/run/it.sock")
    assert default_listen() == "unix:/run/it.sock"


def test_the_database_is_in_the_users_data_folder_unless_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("MILLSTREAM_DB", raising=False)
    assert default_database_url().endswith("millstream.sqlite3")
    monkeypatch.setenv("MILLSTREAM_DB", "sqlite:////some/where.db")
    assert Config().database == "sqlite:////some/where.db"


def test_an_embedded_service_has_an_address_as_long_as_it_runs(file_url: str) -> None:
    with EmbeddedService(Config(listen="127.0.0.1:0", database=file_url)) as service:
        host, _, port = service.address.rpartition(":")
        assert (host, int(port) > 0) == ("127.0.0.1", True)
        with pytest.raises(MillstreamServiceError), EmbeddedService(Config(listen=service.address, database=file_url)):
            pass
    with EmbeddedService(Config(listen=service.address, database=file_url)) as again:
        assert again.address == service.address, "it is free again"


def test_an_embedded_service_raises_what_keeps_it_from_starting(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database " * 1_000)
    config = Config(listen="127.0.0.1:0", database=f"sqlite:///{tmp_path / 'notes.txt'}")
    with pytest.raises(MillstreamServiceError) as caught, EmbeddedService(config):
        pass
    assert caught.value.reason == "STORE_CORRUPT"
