"""How long after an outage everything goes on by itself."""

import asyncio
import time

from tests.deadline import patience
from tests.faults.load import Load

SECONDS = 60.0
_POLL_SECONDS = 0.002


async def recovered(load: Load, seconds: float = SECONDS) -> dict[str, float]:
    """Wait until each who writes and each stream has gone on from where it is now; return how long each took.

    Fails, naming those that did not, where that takes longer.
    """
    seconds = patience(seconds)
    begun = time.monotonic()
    before = load.counts()
    took: dict[str, float] = {}
    while len(took) < len(before):
        now = load.counts()
        took |= {name: time.monotonic() - begun for name in before.keys() - took.keys() if now[name] > before[name]}
        stuck = before.keys() - took.keys()
        assert time.monotonic() < begun + seconds, f"these did not go on by themselves in {seconds:g} s: {stuck}"
        await asyncio.sleep(_POLL_SECONDS)
    return took
