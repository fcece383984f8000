"""The longest tests are started first, on every worker, and none is lost."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.order import spread


def item(seconds: int) -> Any:
    """Return a test that says how long it takes; 0: one that does not say."""
    marker = pytest.mark.slow(seconds).mark if seconds else None
    return SimpleNamespace(get_closest_marker=lambda _name: marker, seconds=seconds)


@given(st.lists(st.integers(0, 60), max_size=40), st.integers(1, 8))
def test_all_are_there_once_and_those_that_do_not_say_keep_their_order(seconds: list[int], workers: int) -> None:
    items = [item(one) for one in seconds]
    ordered: list[Any] = spread(items, workers)
    assert sorted(map(id, ordered)) == sorted(map(id, items))
    assert [one for one in ordered if not one.seconds] == [one for one in items if not one.seconds]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_each_worker_begins_with_its_share_of_the_longest(workers: int) -> None:
    long = [40, 30, 20, 10, 5, 3]
    ordered: list[Any] = spread([item(one) for one in [0] * 50 + long[::-1] + [0] * 4], workers)
    for worker in range(workers):
        begin = worker * (60 // workers)
        share = [one.seconds for one in ordered[begin : begin + 60 // workers]]
        assert share[: len(long[worker::workers])] == long[worker::workers]
        assert not any(share[len(long[worker::workers]) :])
