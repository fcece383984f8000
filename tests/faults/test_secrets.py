"""A secret is nowhere but where it was asked for by its key: not in a file, a log, a list, a feed or an error."""

import base64
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.common.v1.change_service_pb2 import StreamChangesRequest
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub
from millstream.errors import (
    ConfigNotFoundError,
    EncryptionKeyMissingError,
    MillstreamError,
    StoreCorruptError,
    ValidationFailedError,
)
from millstream.transport.status import error_from_rpc
from tests.faults.conftest import MakeService
from tests.faults.service_process import MODULE, ServiceProcess

CANARY = "ghp_canary0123456789abcdefghijklmnopqrst"
KEY = "github.token"


def traces(text: str) -> list[bytes]:
    """What a text looks like as it is, in base64 (wherever it begins), in hex, turned round."""
    data = text.encode()
    shifted = [base64.b64encode(data[start:])[4:-4] for start in range(3)]
    return [data, *shifted, data.hex().encode(), json.dumps(text)[1:-1].encode("utf-16-le"), data[::-1]]


def assert_clean(data: bytes, where: str) -> None:
    for trace in traces(CANARY):
        assert trace not in data, f"a secret is in {where}"


def files_of(folder: Path) -> Iterable[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "key"]


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in files_of(folder):
        try:
            yield str(path), path.read_bytes()
        except FileNotFoundError:  # PostgreSQL takes files away while it runs
            continue


class Watched:
    """A service, and all that comes from it but for the answers to GetConfig."""

    def __init__(self, service: ServiceProcess) -> None:
        self.service = service
        self._channel = grpc.insecure_channel(service.address)
        self.agents = AgentServiceStub(self._channel)
        self.changes = ChangeServiceStub(self._channel)

    def close(self) -> None:
        self._channel.close()

    def failure(self, call: Callable[[], object]) -> MillstreamError:
        """Make a call that must fail; nothing that comes with the failure may tell of the secret."""
        with pytest.raises(grpc.RpcError) as failed:
            call()
        error: Any = failed.value  # the call itself, too
        reported = repr((error.details(), error.trailing_metadata(), error.initial_metadata()))
        assert_clean(reported.encode(), "an error")
        return error_from_rpc(error)

    def set(self, value: str, key: str = KEY, *, encrypted: bool = True) -> pb.SetConfigResponse:
        request = pb.SetConfigRequest(key=key, value=value, encrypted=encrypted, allow_plaintext=not encrypted)
        return self.agents.SetConfig(request)

    def get(self, key: str = KEY) -> str:
        return self.agents.GetConfig(pb.GetConfigRequest(key=key)).config_entry.value


@pytest.fixture
def make(
    lasting_url: str, make_service: MakeService, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[Callable[..., Watched], Path]]:
    """Start services with or without the key, on one database; and the folder in which it lies."""
    watched: list[Watched] = []
    in_postgres = lasting_url.startswith("postgresql")
    folder: Path = request.getfixturevalue("postgres").folder if in_postgres else tmp_path
    key = tmp_path / "key"
    key.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
    key.chmod(0o600)

    def start(*, with_key: bool = True) -> Watched:
        service = make_service(listen=f"unix:{tmp_path}/socket{len(watched)}", database=lasting_url)
        service.program = (*MODULE, "--key-file", str(key)) if with_key else MODULE
        service.start()
        watched.append(Watched(service))
        return watched[-1]

    yield start, folder
    for one in watched:
        one.close()


def first_change(watched: Watched, after: int = 0) -> bytes:
    """Read the feed up to the newest commit."""
    call = watched.changes.StreamChanges(StreamChangesRequest(after_revision=after))
    newest = watched.set("end of the feed", "end", encrypted=False).revision
    read = b""
    for response in call:
        read += response.SerializeToString()
        if response.revision >= newest:
            break
    call.cancel()
    return read


def test_a_secret_is_only_where_it_was_asked_for_by_its_key(make: tuple[Callable[..., Watched], Path]) -> None:
    start, folder = make
    watched = start()
    answer = watched.set(CANARY)
    assert_clean(answer.SerializeToString(), "the answer to a write")
    assert answer.config_entry.encrypted
    assert watched.get() == CANARY
    watched.set(CANARY * 2, "other")
    watched.set("in the open", "open", encrypted=False)
    listed = watched.agents.ListConfig(pb.ListConfigRequest())
    assert [entry.key for entry in listed.config_entries] == [KEY, "open", "other"]
    assert_clean(listed.SerializeToString(), "a list")
    page = watched.agents.ListConfig(pb.ListConfigRequest(page_size=1))
    assert_clean(base64.b64decode(page.next_page_token, altchars=b"-_"), "a page's token")
    assert_clean(first_change(watched), "the change feed")
    for name, data in contents(folder):
        assert_clean(data, name)
    watched.agents.DeleteConfig(pb.DeleteConfigRequest(key="other"))
    watched.set(CANARY)
    watched.service.stop()
    for name, data in contents(folder):
        assert_clean(data, name)
    assert_clean(watched.service.errors.encode(), "the log")


def test_what_is_watched_says_that_there_is_a_secret_and_not_which(make: tuple[Callable[..., Watched], Path]) -> None:
    start, _ = make
    watched = start()
    call = watched.agents.StreamConfig(pb.StreamConfigRequest(key=KEY))
    values = iter(call)
    assert not next(values).HasField("config_entry")
    watched.set(CANARY)
    value = next(values)
    assert_clean(value.SerializeToString(), "a stream")
    assert value.config_entry.encrypted
    watched.set(CANARY + "2")
    assert next(values).config_entry.updated_at.ToNanoseconds() > value.config_entry.updated_at.ToNanoseconds()
    watched.set("in the open", encrypted=False)
    assert next(values).config_entry.value == "in the open"
    call.cancel()


def test_no_error_tells_of_a_secret(make: tuple[Callable[..., Watched], Path]) -> None:
    start, folder = make
    watched = start()
    for key, value in (("", CANARY), ("x" * 256, CANARY), ("a\nb", CANARY), (KEY, CANARY * 2_000)):
        error = watched.failure(partial(watched.set, value, key))
        assert isinstance(error, ValidationFailedError) or error.reason == "MESSAGE_TOO_LARGE"
    assert watched.failure(partial(watched.set, CANARY * 300_000)).code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert isinstance(watched.failure(watched.get), ConfigNotFoundError)
    for name, data in contents(folder):
        assert_clean(data, name)
    watched.service.stop()
    assert_clean(watched.service.errors.encode(), "the log")


def test_without_a_key_no_secret_is_stored_and_none_opened(make: tuple[Callable[..., Watched], Path]) -> None:
    start, folder = make
    with_key, without = start(), start(with_key=False)
    assert isinstance(without.failure(lambda: without.set(CANARY)), EncryptionKeyMissingError)
    assert isinstance(without.failure(without.get), ConfigNotFoundError)
    with_key.set(CANARY)
    assert isinstance(without.failure(without.get), EncryptionKeyMissingError)
    assert [entry.value for entry in without.agents.ListConfig(pb.ListConfigRequest()).config_entries] == [""]
    assert isinstance(without.failure(lambda: without.set(CANARY + "2")), EncryptionKeyMissingError)
    assert with_key.get() == CANARY
    refusal = without.failure(lambda: without.set("in the open", "open", encrypted=False))
    assert isinstance(refusal, EncryptionKeyMissingError), "it could not be sealed"
    with_key.set("in the open", "open", encrypted=False)
    assert without.get("open") == "in the open"
    for name, data in contents(folder):
        assert_clean(data, name)
    for watched in (with_key, without):
        watched.service.stop()
        assert_clean(watched.service.errors.encode(), "the log")


def test_a_secret_survives_a_kill(make: tuple[Callable[..., Watched], Path]) -> None:
    start, _ = make
    watched = start()
    watched.set(CANARY)
    watched.service.kill()
    assert start().get() == CANARY


def test_a_secret_that_was_damaged_or_swapped_is_told(make_service: MakeService, tmp_path: Path) -> None:
    service = make_service(listen=f"unix:{tmp_path}/socket")
    key = tmp_path / "key"
    key.write_text("correct horse battery staple")
    key.chmod(0o600)
    service.program = (*MODULE, "--key-file", str(key))
    service.start()
    watched = Watched(service)
    watched.set(CANARY)
    watched.set("another", "other")
    with closing(sqlite3.connect(service.path, isolation_level=None)) as connection:
        swap = "UPDATE config_entries SET value = (SELECT value FROM config_entries WHERE key = ?) WHERE key = ?"
        connection.execute(swap, (KEY, "other"))
        connection.execute("UPDATE config_entries SET value = substr(value, 1, 40) WHERE key = ?", (KEY,))
    for name in (KEY, "other"):
        error = watched.failure(partial(watched.get, name))
        assert isinstance(error, StoreCorruptError)
        assert name in str(error)
    watched.close()
