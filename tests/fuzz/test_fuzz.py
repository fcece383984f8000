"""A part of a minute of what `make fuzz` does, on each engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.service_process import ServiceProcess
from tests.fuzz.trial import fuzzed

pytestmark = pytest.mark.slow(35)

SECONDS = 20.0
SEED = 20_261_201


@pytest.fixture
def service(lasting_url: str, tmp_path: Path) -> Iterator[ServiceProcess]:
    """A service in a process of its own."""
    service = ServiceProcess(tmp_path, database=lasting_url)
    service.start()
    yield service
    service.close()


async def test_nothing_that_is_sent_finds_a_fault(service: ServiceProcess) -> None:
    outcome = await fuzzed(service, SECONDS, SEED)
    assert outcome.faults == []
    assert outcome.answers["OK"]
    assert outcome.answers["INVALID_ARGUMENT"]
