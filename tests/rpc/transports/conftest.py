"""What tests of the native transport share."""

from collections.abc import AsyncIterator

import pytest

from tests.rpc.transports.served import Served, serving


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as served:
        yield served
