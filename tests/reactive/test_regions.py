"""Whom a commit concerns."""

import pytest

from millstream_service.reactive.regions import EVERYTHING, Regions, below, keys_of, listed, listed_below, row
from millstream_service.store.history.changes import Change, Commit, Operation

UPDATE, DELETE = Operation.UPDATE, Operation.DELETE


class Listener:
    """Counts its notifications."""

    def __init__(self) -> None:
        self.notified = 0

    def notify(self) -> None:
        self.notified += 1


def commit(*changes: Change) -> Commit:
    return Commit(1, 0, changes)


def notified(regions: Regions, listener: Listener, *changes: Change) -> int:
    before = listener.notified
    regions.publish(commit(*changes))
    return listener.notified - before


MOVED = Change("builds", "b", UPDATE, ("old", "new", "app"))
GREW = Change("builds", "b", UPDATE, ("old",), relisted=False)


@pytest.mark.parametrize(
    ("key", "moved", "grew"),
    [
        (row("builds", "b"), 1, 1),
        (row("builds", "c"), 0, 0),
        (row("schemes", "b"), 0, 0),
        (below("builds", "old"), 1, 1),
        (below("builds", "new"), 1, 0),
        (below("schemes", "old"), 0, 0),
        (listed_below("builds", "old"), 1, 0),
        (listed_below("builds", "app"), 1, 0),
        (listed_below("builds", "other"), 0, 0),
        (listed("builds"), 1, 0),
        (listed("projects"), 0, 0),
        (EVERYTHING, 1, 1),
    ],
)
def test_a_listener_is_told_of_what_touches_its_key(key: str, moved: int, grew: int) -> None:
    regions, listener = Regions(), Listener()
    regions.add(listener, [key])
    assert (notified(regions, listener, MOVED), notified(regions, listener, GREW)) == (moved, grew)


def test_keys_of_different_kinds_are_never_equal() -> None:
    nasty = ["b", "<b", "+b", "builds<b", ":b", "*", ""]
    keys = [make("builds", text) for make in (row, below, listed_below) for text in nasty]
    keys += [listed("builds"), EVERYTHING]
    assert len(set(keys)) == len(keys)


def test_a_listener_is_told_once_a_commit() -> None:
    regions, listener = Regions(), Listener()
    regions.add(listener, [row("builds", "b"), below("builds", "old"), listed("builds")])
    assert notified(regions, listener, MOVED, GREW, MOVED) == 1


def test_who_has_left_is_told_nothing_and_leaves_nothing_behind() -> None:
    regions, stays, leaves = Regions(), Listener(), Listener()
    keys = [row("builds", "b"), listed("builds")]
    regions.add(stays, keys)
    regions.add(leaves, keys)
    regions.remove(leaves, keys)
    assert (notified(regions, leaves, MOVED), notified(regions, stays, MOVED)) == (0, 1)
    regions.remove(stays, keys)
    regions.remove(stays, keys)
    regions.publish(commit(MOVED))
    assert stays.notified == 2
    assert not vars(regions)["_listeners"]


@pytest.mark.parametrize("key", [row("builds", "one"), below("builds", "debug"), listed_below("builds", "debug")])
def test_a_change_of_too_many_rows_to_name_tells_all_who_listen_for_its_table(key: str) -> None:
    regions, listener, other = Regions(), Listener(), Listener()
    regions.add(listener, [key])
    regions.add(other, [row("projects", "elsewhere")])
    change = Change("builds", "", DELETE, ("app",))
    assert (notified(regions, listener, change), notified(regions, other, change)) == (1, 0)


def test_the_work_is_in_proportion_to_the_change_not_to_the_listeners() -> None:
    assert len(list(keys_of(MOVED))) == 1 + 1 + 2 * 3
    assert len(list(keys_of(GREW))) == 1 + 1


class Failing(Listener):
    """Fails at each notification."""

    def notify(self) -> None:
        super().notify()
        raise ZeroDivisionError


def test_a_listener_that_fails_keeps_no_other_from_being_told() -> None:
    regions, listeners = Regions(), [Listener(), Failing(), Listener()]
    for listener in listeners:
        regions.add(listener, [row("builds", "b")])
    with pytest.raises(ZeroDivisionError):
        regions.publish(commit(MOVED))
    with pytest.raises(ZeroDivisionError):
        regions.publish_all()
    assert [listener.notified for listener in listeners] == [2, 2, 2]
