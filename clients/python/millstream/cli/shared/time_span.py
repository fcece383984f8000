"""How long ago, and how long, in words short enough for a table."""

from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from millstream.builds.v1.build_pb2 import Build

MINUTE, HOUR, DAY, WEEK, YEAR = 60, 3600, 86_400, 604_800, 31_557_600


def moment(timestamp: Timestamp) -> datetime:
    """Return the timestamp as an aware datetime in UTC."""
    return timestamp.ToDatetime(tzinfo=UTC)


def age(then: datetime, now: datetime) -> str:
    """How long ago in one unit: `now` (under 5 seconds, or in the future), `12s`, `5m`, `3h`, `2d`, `5w`, `2y`."""
    seconds = int((now - then).total_seconds())
    if seconds < 5:
        return "now"
    for unit, sign, end in ((1, "s", MINUTE), (MINUTE, "m", HOUR), (HOUR, "h", DAY), (DAY, "d", 5 * WEEK)):
        if seconds < end:
            return f"{seconds // unit}{sign}"
    return f"{seconds // WEEK}w" if seconds < YEAR else f"{seconds // YEAR}y"


def when(then: datetime, now: datetime) -> str:
    """`2026-11-21 08:55:58 (5m ago)`, by the reader's clock."""
    ago = age(then, now)
    return f"{then.astimezone():%Y-%m-%d %H:%M:%S} ({ago if ago == 'now' else f'{ago} ago'})"


def clock(then: datetime, now: datetime) -> str:
    """`08:55:58`, by the reader's clock; with its date where that is not today's."""
    local, today = then.astimezone(), now.astimezone()
    return f"{local:%H:%M:%S}" if local.date() == today.date() else f"{local:%Y-%m-%d %H:%M:%S}"


def span(length: timedelta) -> str:
    """Return a length of time in two units at most: `40ms`, `1.4s`, `12s`, `3m 05s`, `1h 02m`, `2d 03h`."""
    seconds = max(length.total_seconds(), 0.0)
    if seconds < 0.9995:
        return f"{round(seconds * 1000)}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole}s"
    if whole < HOUR:
        return f"{whole // MINUTE}m {whole % MINUTE:02}s"
    if whole < DAY:
        return f"{whole // HOUR}h {whole % HOUR // MINUTE:02}m"
    return f"{whole // DAY}d {whole % DAY // HOUR:02}h"


def duration(build: Build, now: datetime) -> timedelta | None:
    """How long the build ran, or has been running; None where it has not begun."""
    if not build.HasField("start_date"):
        return None
    end = moment(build.end_date) if build.HasField("end_date") else now
    return end - moment(build.start_date)
