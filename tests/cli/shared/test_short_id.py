"""Short ids: each can be retyped, and means one build."""

from hypothesis import given
from hypothesis import strategies as st

from millstream.cli.shared.short_id import SHORTEST, ShortIds

OLD = "01910000-0000-7abc-8000-000000000000"
EARLIER = "01928c3e-7f20-7abc-8000-000000000000"
LATER = "01928c3e-7f31-7abc-8000-000000000000"


def test_an_id_that_stands_alone_is_cut_to_eight_characters() -> None:
    assert ShortIds([OLD, EARLIER]).of(EARLIER) == "01928c3e"


def test_ids_of_the_same_minute_stay_longer_and_never_end_in_a_dash() -> None:
    short = ShortIds([OLD, EARLIER, LATER])
    assert short.of(EARLIER) == "01928c3e-7f2"
    assert short.of(LATER) == "01928c3e-7f3"
    assert ShortIds(["01928c3e-1", "01928c3e2"]).of("01928c3e-1") == "01928c3e-1"


def test_an_id_that_was_not_told_is_cut_too() -> None:
    assert ShortIds([EARLIER]).of(LATER) == "01928c3e-7f3"


def test_an_id_that_is_the_beginning_of_another_stays_whole() -> None:
    assert ShortIds(["nightly-1", "nightly-12"]).of("nightly-1") == "nightly-1"


@given(st.sets(st.text("0123-", min_size=1, max_size=14), min_size=1))
def test_each_short_id_begins_one_id_only(ids: set[str]) -> None:
    short = ShortIds(ids)
    for whole in ids:
        cut = short.of(whole)
        assert whole.startswith(cut)
        assert len(cut) >= min(SHORTEST, len(whole))
        assert cut == whole or [other for other in ids if other.startswith(cut)] == [whole]
