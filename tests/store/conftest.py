"""An open database, and a connection that writes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from millstream_service.store.database.database import Database

Write = Callable[[Callable[[Connection], Any]], Any]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database, in memory and in a file."""
    database = Database(database_url).open()
    yield database
    database.close()


@pytest.fixture
def write(database: Database) -> Write:
    """Runs a command in a transaction of its own."""
    connection = database.connect_writer()

    def run(command: Callable[[Connection], Any]) -> Any:
        with connection.begin():
            return command(connection)

    return run
