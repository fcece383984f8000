"""All that a service has stored: what a call that is refused must leave as it was."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection

from millstream_service import server
from millstream_service.store import registry
from millstream_service.store.database.database import Database

Dump = dict[str, list[str]]
"""The rows of each table."""


class Opened:
    """The databases that services have opened, the newest last."""

    def __init__(self) -> None:
        self.databases: list[Database] = []

    async def dump(self) -> Dump:
        """Return every row of every table."""
        return await self.databases[-1].read(_rows)

    async def settled(self) -> Dump:
        """Return the same once nothing goes on behind the calls any more, as deleting does."""
        now, before = await self.dump(), None
        while now != before:
            await asyncio.sleep(0)
            now, before = await self.dump(), now
        return now


_BESIDE = {"build_log_chunks"}
"""What merging changes whenever it comes to it."""


def _rows(connection: Connection) -> Dump:
    """Return them as the driver has them: it is done after each call of thousands."""
    driver: Any = connection.connection.driver_connection
    names = (table.name for table in registry.tables() if table.name not in _BESIDE)
    return {name: sorted(map(repr, driver.execute(f'SELECT * FROM "{name}"').fetchall())) for name in names}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Notice which databases are opened. Ask for it before the service."""
    opened = Opened()

    class Noticed(Database):
        def __init__(self, url: str) -> None:
            super().__init__(url)
            opened.databases.append(self)

    monkeypatch.setattr(server, "Database", Noticed)
    return opened
