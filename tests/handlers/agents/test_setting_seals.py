"""Who can write to the database, but has not the key, can not change a setting unnoticed."""

from collections.abc import AsyncIterator
from zlib import crc32

import grpc
import pytest

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream_service.errors import StoreCorruptError
from millstream_service.security.keys import Secret
from millstream_service.store.agents import encryption
from tests.handlers.agents.other_programs import run_beside
from tests.refusal import refused
from tests.running import running
from tests.store.opening import opened
from tests.store.secrets import raw
from tests.stubs import Agents

SECRET, OTHER = (Secret(text, "a test") for text in ("a passphrase that is long enough", "another passphrase"))
FORGERIES = {
    "a secret made an open value": "UPDATE config_entries SET encrypted = {false}, value = {evil} WHERE key = 'token'",
    "an open value changed": "UPDATE config_entries SET value = {evil} WHERE key = 'branch'",
    "a value under another name": "UPDATE config_entries SET key = 'moved' WHERE key = 'branch'",
    "a seal taken away": "UPDATE config_entries SET seal = NULL WHERE key = 'branch'",
}


@pytest.fixture
async def agents(lasting_url: str) -> AsyncIterator[Agents]:
    async with serving(lasting_url, SECRET) as stub:
        await stub.SetConfig(pb.SetConfigRequest(key="token", value="secret", encrypted=True))
        await stub.SetConfig(pb.SetConfigRequest(key="branch", value="main"))
        await stub.SetConfig(pb.SetConfigRequest(key="other", value="left alone"))
        yield stub


class serving:
    """A service with a key, or without, as long as a block."""

    def __init__(self, url: str, secret: Secret | None) -> None:
        self._running = running(url, secret=secret, secrets_over_tcp=True)

    async def __aenter__(self) -> Agents:
        self._channel = grpc.aio.insecure_channel((await self._running.__aenter__()).address)
        return AgentServiceStub(self._channel)

    async def __aexit__(self, *error: object) -> None:
        await self._channel.close()
        await self._running.__aexit__(*error)  # type: ignore[arg-type]


def forge(url: str, statement: str) -> None:
    value = (b"evil" + crc32(b"evil").to_bytes(4)).hex()
    is_sqlite = url.startswith("sqlite")
    evil = f"x'{value}'" if is_sqlite else f"'\\x{value}'::bytea"
    run_beside(url, statement.format(evil=evil, false="0" if is_sqlite else "false"))


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_setting_is_told_of(agents: Agents, lasting_url: str, forgery: str) -> None:
    forge(lasting_url, FORGERIES[forgery])
    key = {"a secret made an open value": "token", "a value under another name": "moved"}.get(forgery, "branch")
    refusal = await refused(agents.GetConfig(pb.GetConfigRequest(key=key)))
    assert (refusal.code, refusal.reason) == ("DATA_LOSS", "STORE_CORRUPT")
    assert refusal.metadata == {"table": "config_entries", "id": key}
    listed = (await agents.ListConfig(pb.ListConfigRequest())).config_entries
    assert "evil" not in [entry.value for entry in listed]
    assert key not in [entry.key for entry in listed]
    assert "other" in [entry.key for entry in listed], "the others are listed"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await agents.StreamConfig(pb.StreamConfigRequest(key=key)).read()
    assert caught.value.code() is grpc.StatusCode.DATA_LOSS


async def test_a_forged_setting_does_not_get_a_seal_by_rotation(agents: Agents, lasting_url: str) -> None:
    forge(lasting_url, FORGERIES["a secret made an open value"])
    with pytest.raises(StoreCorruptError, match="token"):
        encryption.rotate(lasting_url, SECRET, OTHER)


async def test_what_was_set_stays_readable_through_a_rotation(lasting_url: str) -> None:
    async with serving(lasting_url, None) as stub:
        await stub.SetConfig(pb.SetConfigRequest(key="before there was a key", value="x"))
    async with serving(lasting_url, SECRET) as stub:
        assert (await stub.GetConfig(pb.GetConfigRequest(key="before there was a key"))).config_entry.value == "x"
        await stub.SetConfig(pb.SetConfigRequest(key="token", value="secret", encrypted=True))
    encryption.rotate(lasting_url, SECRET, OTHER)
    async with serving(lasting_url, OTHER) as stub:
        for key, value in (("before there was a key", "x"), ("token", "secret")):
            assert (await stub.GetConfig(pb.GetConfigRequest(key=key))).config_entry.value == value


async def test_settings_from_before_there_were_seals_get_them_by_a_rotation(agents: Agents, lasting_url: str) -> None:
    run_beside(lasting_url, "UPDATE config_entries SET seal = NULL")
    assert (await refused(agents.GetConfig(pb.GetConfigRequest(key="token")))).reason == "STORE_CORRUPT"
    encryption.rotate(lasting_url, SECRET, SECRET)
    async with serving(lasting_url, SECRET) as stub:
        assert (await stub.GetConfig(pb.GetConfigRequest(key="token"))).config_entry.value == "secret"


async def test_a_service_without_the_key_reads_open_settings_and_sets_none(agents: Agents, lasting_url: str) -> None:
    async with serving(lasting_url, None) as without:
        assert (await without.GetConfig(pb.GetConfigRequest(key="branch"))).config_entry.value == "main"
        refusal = await refused(without.SetConfig(pb.SetConfigRequest(key="branch", value="x")))
        assert refusal.reason == "ENCRYPTION_KEY_MISSING"
    assert (await agents.GetConfig(pb.GetConfigRequest(key="branch"))).config_entry.value == "main"


def test_a_value_of_another_store_with_the_same_key_is_told_of() -> None:
    with opened() as one, opened() as other:
        vaults = [encryption.unlock(database, raw(1)) for database in (one, other)]
    seals = [vault.seal_of("key", encrypted=False, value=b"value") for vault in vaults]
    assert seals[0] != seals[1]
