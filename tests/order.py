"""In which order tests run: the longest first, on every worker, so that none has one left when the others are done."""

from collections.abc import Sequence

import pytest

_LONG = "slow"
_SECONDS = 5.0
"""What a test takes that is marked so and does not say."""


def spread(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests with the long ones ahead on each of so many workers.

    `--dist worksteal` gives each worker one part of the list, as long as the others'; what is left of it at its end is
    shared out again.
    """
    long = sorted((item for item in items if _seconds(item)), key=_seconds, reverse=True)
    short = [item for item in items if not _seconds(item)]
    ordered: list[pytest.Item] = []
    for worker in range(workers):
        left = len(items) - len(ordered)
        ahead = long[worker::workers]
        behind = max(0, left // (workers - worker) - len(ahead))
        ordered += [*ahead, *short[:behind]]
        short = short[behind:]
    return ordered + short


def _seconds(item: pytest.Item) -> float:
    """Return about how long a test takes: 0 for most."""
    marker = item.get_closest_marker(_LONG)
    if marker is None:
        return 0.0
    return float(marker.args[0]) if marker.args else _SECONDS
