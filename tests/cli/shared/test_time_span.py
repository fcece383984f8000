"""Ages and durations, short enough for a table."""

from datetime import UTC, datetime, timedelta

import pytest

from millstream.builds.v1.build_pb2 import Build
from millstream.cli.shared.time_span import age, duration, span

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-60, "now"),
        (4.9, "now"),
        (5, "5s"),
        (59, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (86_399, "23h"),
        (86_400, "1d"),
        (34 * 86_400, "34d"),
        (35 * 86_400, "5w"),
        (364 * 86_400, "52w"),
        (366 * 86_400, "1y"),
    ],
)
def test_age_has_one_unit(seconds: float, expected: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-1, "0ms"),
        (0.0404, "40ms"),
        (0.9996, "1.0s"),
        (9.94, "9.9s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.6, "1m 00s"),
        (185, "3m 05s"),
        (3599.7, "1h 00m"),
        (3725, "1h 02m"),
        (86_399.9, "1d 00h"),
        (183_600, "2d 03h"),
    ],
)
def test_span_has_two_units_at_most(seconds: float, expected: str) -> None:
    assert span(timedelta(seconds=seconds)) == expected


def test_a_build_runs_from_its_start_to_its_end_or_until_now() -> None:
    build = Build()
    assert duration(build, NOW) is None
    build.start_date.FromDatetime(NOW - timedelta(minutes=2))
    assert duration(build, NOW) == timedelta(minutes=2)
    build.end_date.FromDatetime(NOW - timedelta(minutes=1))
    assert duration(build, NOW) == timedelta(minutes=1)
