"""The RPCs of settings. The value of an encrypted one goes out by GetConfig, and nowhere else.

Over TCP, where any user of the machine may call, an encrypted one is neither given out nor replaced nor deleted (for
then another could be put in its place). Not to those who watch it, either: what is watched is kept in memory for
the next caller, and its tokens tell whether values are equal.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from google.protobuf.message import Message

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.config_entry_pb2 import ConfigEntry
from millstream_service.convert.agents.entities import CONFIG_ENTRY, SETTING, config_entry_to_message
from millstream_service.convert.fields import identifier
from millstream_service.errors import SecretOverTcpError, StoreCorruptError
from millstream_service.handlers.shared.reading import Found, Reading
from millstream_service.handlers.shared.storing import Storing
from millstream_service.handlers.shared.watching import Messages, Watching
from millstream_service.reactive.regions import row
from millstream_service.security.caller import Caller
from millstream_service.store.agents import config_entries
from millstream_service.store.agents.tables import CONFIG_ENTRIES
from millstream_service.store.database.database import Reader
from millstream_service.store.engines.soundness import leave_out
from millstream_service.store.entities import rows


class ConfigCalls(Storing, Reading, Watching):
    """Set, read, list, delete and watch settings."""

    def _open(self, found: rows.Row) -> ConfigEntry:
        """Return a setting with its value. Raises EncryptionKeyMissingError."""
        if not found["encrypted"]:
            return config_entry_to_message(found)
        return config_entry_to_message({**found, "value": self.dependencies.vault.open(found["key"], found["value"])})

    def _authentic(self, found: rows.Row) -> rows.Row:
        """Return a setting that is as it was set. Raises StoreCorruptError."""
        self.dependencies.vault.check(
            found["key"], encrypted=found["encrypted"], value=found["value"], seal=found["seal"]
        )
        return found

    def _authentic_ones(self, found: Iterable[rows.Row]) -> Iterator[rows.Row]:
        """Yield the settings that are as they were set: the others are left out."""
        for one in found:
            try:
                yield self._authentic(one)
            except StoreCorruptError as error:
                leave_out(error)

    def _may_touch_secrets(self, caller: Caller) -> bool:
        return self.dependencies.secrets_over_tcp or caller.over_socket

    async def GetConfig(self, request: pb.GetConfigRequest, caller: Caller) -> pb.GetConfigResponse:
        """Read one setting."""
        query = partial(rows.get, resource=CONFIG_ENTRIES, key=identifier("key", request.key))
        found = self._authentic(await self.dependencies.database.read(query))
        if found["encrypted"] and not self._may_touch_secrets(caller):
            raise SecretOverTcpError(request.key)
        return pb.GetConfigResponse(config_entry=self._open(found))

    async def SetConfig(self, request: pb.SetConfigRequest, caller: Caller) -> pb.SetConfigResponse:
        """Create or replace one setting."""
        key = identifier("key", request.key)
        value = SETTING.from_message(request, "")
        stored = self.dependencies.vault.seal(key, value) if request.encrypted else value.encode()
        values = {"key": key, "value": stored, "encrypted": request.encrypted, "updated_at": time.time_ns()}
        command = partial(
            config_entries.put,
            values=values,
            vault=self.dependencies.vault,
            secrets=self._may_touch_secrets(caller),
            allow_plaintext=request.allow_plaintext,
        )
        return await self._store(command, _set)

    async def DeleteConfig(self, request: pb.DeleteConfigRequest, caller: Caller) -> pb.DeleteConfigResponse:
        """Delete one setting."""
        key, secrets = identifier("key", request.key), self._may_touch_secrets(caller)
        command = partial(config_entries.delete, key=key, secrets=secrets)
        return await self._store(command, lambda _none: pb.DeleteConfigResponse(), frees=True)

    async def ListConfig(self, request: pb.ListConfigRequest, caller: Caller) -> bytes:
        """List settings, without the values of encrypted ones."""

        def find(connection: Reader, after: Sequence[Any] | None, limit: int) -> Found[rows.Row]:
            del limit  # some may be left out
            found = self._authentic_ones(rows.listing(connection, CONFIG_ENTRIES, [{}], after=after))
            return ((_shown(row), rows.order_values(CONFIG_ENTRIES, row)) for row in found)

        return await self._page(CONFIG_ENTRY, request, caller, find, pb.ListConfigResponse)

    def StreamConfig(self, request: pb.StreamConfigRequest, caller: Caller) -> Messages:
        """Watch one setting."""
        key = identifier("key", request.key)

        def fetch(connection: Reader) -> Message:
            found = rows.find(connection, CONFIG_ENTRIES, key)
            return pb.StreamConfigResponse(
                config_entry=None if found is None else config_entry_to_message(_shown(self._authentic(found)))
            )

        return self._watch(request, caller, [row(CONFIG_ENTRIES.table.name, key)], fetch)


def _set(stored: rows.Row) -> pb.SetConfigResponse:
    return pb.SetConfigResponse(config_entry=config_entry_to_message(_shown(stored)))


def _shown(found: rows.Row) -> rows.Row:
    """Return a setting as everyone may see it: one that is encrypted without its value."""
    return {**found, "value": ""} if found["encrypted"] else found
