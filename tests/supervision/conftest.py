"""The database of each test here."""

from collections.abc import Iterator

import pytest

from millstream_service.store.database.database import Database
from tests.store.opening import opened


@pytest.fixture
def database() -> Iterator[Database]:
    with opened() as database:
        yield database
