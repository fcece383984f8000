from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.crash.times import parse_time

NOON = datetime(2022, 3, 16, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-03-16 12:00:00 +0000", NOON),
        ("2022-03-16 20:00:00.0000 +0800", NOON),
        ("2022-03-16 14:00:00.000 +02:00", NOON),
        ("2022-03-16 04:30:00 -0730", NOON),
        ("2022-03-16 12:00:00. +0000", NOON),
        ("  2022-03-16 12:00:00+0000  ", NOON),
        ("2022-03-16T12:00:00Z", NOON),
        ("2022-03-16 12:00:00 GMT", NOON),
        ("2022-03-16 12:00:00 +0000 // when it crashed", NOON),
        ("2022-03-17 00:00:00 +1200", NOON),
    ],
)
def test_time_zones_in_all_spellings_name_the_moment_in_utc(text: str, expected: datetime) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    ("fraction", "microsecond"),
    [
        ("", 0),
        (".0", 0),
        (".5", 500_000),
        (".33", 330_000),
        (".075", 75_000),
        (".0354", 35_400),
        (".123456789", 123_456),
    ],
)
def test_fractions_have_any_number_of_digits(fraction: str, microsecond: int) -> None:
    assert parse_time(f"2022-03-16 12:00:00{fraction} +0000") == NOON.replace(microsecond=microsecond)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2022-03-16",
        "2022-03-16 12:00:00",  # no zone: any of 26 hours
        "2022-02-30 12:00:00 +0000",
        "2022-03-16 25:00:00 +0000",
        "2022-03-16 12:00:60 +0000",
        "2022-03-16 12:00:00 +2500",
        "2022-03-16 12:00:00 +08000",
        "0000-01-01 00:00:00 +0000",
        "0001-01-01 00:00:00 +0100",
        "4001-01-01 00:00:00 +0000",  # Apple's distant future
        "1678-01-01 00:00:00 +0100",
        "9999-12-31 23:59:59 -0100",
        "２０２２-03-16 12:00:00 +0000",
    ],
)
def test_what_names_no_moment_is_no_time(text: str) -> None:
    assert parse_time(text) is None


@given(
    st.datetimes(min_value=datetime(1678, 1, 2), max_value=datetime(2261, 12, 30)),  # noqa: DTZ001 - the zone is the test's
    st.integers(-12 * 60, 14 * 60),
    st.booleans(),
)
def test_every_moment_written_is_the_moment_read(moment: datetime, minutes: int, colon: bool) -> None:
    moment = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    zone = moment.strftime("%z")
    text = f"{moment.isoformat(' ', 'microseconds')[:26]} {zone[:3]}{':' if colon else ''}{zone[3:5]}"
    assert parse_time(text) == moment


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    parse_time(text)
