"""Ids rise whatever the clock does; versions are ordered as people order them."""

import threading
import time
import uuid
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream_service import names


def test_an_id_is_a_uuid_of_version_7_with_the_time_of_its_making() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(names.new_id())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 >= before
    assert str(made) == str(made).lower()


@given(clock=st.lists(st.integers(0, 50), min_size=1, max_size=200))
def test_ids_rise_whatever_the_clock_does(clock: list[int]) -> None:
    times = iter(clock)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "_numbers", names._uuid7_numbers())
        patch.setattr(time, "time_ns", lambda: next(times) * 1_000_000)
        made = [names.new_id() for _ in clock]
    assert made == sorted(set(made))


def test_ids_rise_when_there_are_more_in_a_millisecond_than_its_counter_holds() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "_numbers", names._uuid7_numbers())
        patch.setattr(time, "time_ns", lambda: 1_790_000_000_000_000_000)
        made = [names.new_id() for _ in range(10_000)]
    assert all(one < other for one, other in pairwise(made))


def test_threads_never_get_the_same_id() -> None:
    made: list[list[str]] = [[] for _ in range(4)]

    def make(mine: list[str]) -> None:
        mine.extend(names.new_id() for _ in range(500))

    threads = [threading.Thread(target=make, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one for mine in made for one in mine}) == 2_000
    assert all(mine == sorted(mine) for mine in made)


@given(build_id=st.text(min_size=1), seq=st.integers(1, 10**18 - 1))
def test_a_lines_id_can_be_taken_apart(build_id: str, seq: int) -> None:
    assert names.split_build_log_id(names.build_log_id(build_id, seq)) == (build_id, seq)


@pytest.mark.parametrize("text", ["", "build", "/1", "build/", "build/0", "build/01", "build/-1", "build/x", "build/¹"])
def test_what_is_no_lines_id_is_told_apart(text: str) -> None:
    assert names.split_build_log_id(text) is None


def test_a_number_too_large_for_the_store_is_no_lines_id() -> None:
    assert names.split_build_log_id(f"build/{2**63}") is None


RISING = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.9", "1.9.1", "1.10", "2"]


def test_versions_are_ordered_as_versions() -> None:
    # what is before a release is older than it, 1.10 is newer than 1.9
    assert sorted(RISING, key=names.version_key) == RISING
    assert names.newest_version_first(RISING) == RISING[::-1]


def test_what_is_behind_a_plus_counts_for_nothing() -> None:
    assert names.version_key("1.0+build.9") == names.version_key("1.0+build.10") == names.version_key("1.0")


def test_equal_versions_have_an_order_too() -> None:
    same = ["1.0", "1.0+a", "01.0"]
    assert {tuple(names.newest_version_first(list(one))) for one in permutations(same)} == {("1.0+a", "1.0", "01.0")}


@given(versions=st.lists(st.text("0123456789.-+abα٣ ", max_size=12), max_size=8))
def test_any_texts_have_one_order(versions: list[str]) -> None:
    ordered = names.newest_version_first(versions)
    assert sorted(ordered) == sorted(versions)
    assert names.newest_version_first(versions[::-1]) == ordered


@given(one=st.lists(st.integers(0, 10**6), min_size=1), other=st.lists(st.integers(0, 10**6), min_size=1))
def test_numbers_compare_part_by_part(one: list[int], other: list[int]) -> None:
    texts = [".".join(map(str, parts)) for parts in (one, other)]
    assert (names.version_key(texts[0]) < names.version_key(texts[1])) == (one < other)
