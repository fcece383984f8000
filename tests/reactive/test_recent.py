"""What is remembered of the last commits: the rows that each changed, or that nobody knows."""

import pytest

from millstream_service.reactive import recent
from millstream_service.reactive.recent import Recent, keys_of
from millstream_service.store.history.changes import Change, Commit, Operation


def commit(revision: int, *keys: str, table: str = "instances") -> Commit:
    return Commit(revision, 0, [Change(table, key, Operation.UPDATE) for key in keys])


@pytest.fixture
def it() -> Recent:
    """One that remembers the changes of instances since revision 5."""
    it = Recent()
    assert it.since("instances", 5, published=5) is None, "nothing was kept so far"
    return it


def test_the_rows_that_changed_since_a_revision_are_known(it: Recent) -> None:
    it.note(commit(6, "a", "b"))
    it.note(commit(7, "b", "c"))
    it.note(commit(7, "d", table="builds"))
    assert it.since("instances", 5, published=7) == frozenset({"a", "b", "c"})
    assert it.since("instances", 6, published=7) == frozenset({"b", "c"})
    assert it.since("instances", 7, published=7) == frozenset()
    assert it.since("instances", 4, published=7) is None, "nobody was asked to remember then"


def test_commits_may_come_in_any_order(it: Recent) -> None:
    it.note(commit(8, "c"))
    it.note(commit(6, "a"))
    assert it.since("instances", 5, published=8) == frozenset({"a", "c"})
    assert it.since("instances", 7, published=8) == frozenset({"c"})


def test_a_change_that_stands_for_many_rows_leaves_nothing_known(it: Recent) -> None:
    it.note(commit(6, "a"))
    it.note(commit(7, ""))
    it.note(commit(8, "b"))
    assert it.since("instances", 6, published=8) is None
    assert it.since("instances", 7, published=8) == frozenset({"b"})


def test_what_is_remembered_is_bounded(it: Recent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MAX_CHANGES", 2)
    for revision in (6, 7, 8):
        it.note(commit(revision, str(revision)))
    assert it.since("instances", 5, published=8) is None
    assert it.since("instances", 6, published=8) == frozenset({"7", "8"})


def test_what_is_forgotten_is_of_an_earlier_era(it: Recent) -> None:
    it.note(commit(6, "a"))
    era = it.era
    it.forget()
    assert it.era > era
    assert it.since("instances", 6, published=6) is None


def test_the_keys_of_changes_are_known_unless_one_stands_for_many() -> None:
    changes = [Change("instances", "a", Operation.DELETE), Change("builds", "", Operation.DELETE)]
    assert keys_of("instances", changes) == frozenset({"a"})
    assert keys_of("builds", changes) is None
    assert keys_of("projects", changes) == frozenset()
