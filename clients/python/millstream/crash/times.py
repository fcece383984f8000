"""Times as Apple writes them."""

import re
from datetime import UTC, datetime, timedelta, timezone

# 2022-03-16 11:45:14.2121 +0800, 2022-07-13 17:26:42.017 +02:00, 2019-01-09 17:42:22 +0000
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]{0,9}))?[ \t]*(?:(Z|UTC|GMT)|([+-])([0-9]{2}):?([0-9]{2}))(?![0-9])"
)


# What the service can store: a count of nanoseconds in 64 bits.
_YEARS = range(1678, 2262)


def parse_time(text: str) -> datetime | None:
    """Read the moment that a report names, in UTC, to the microsecond.

    None where there is none, where it is no such date, where it lies outside of the years 1678 to 2261, and where the
    zone is missing: then nobody can tell the moment.
    """
    match = _TIME.match(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(group) for group in match.groups()[:6])
    microsecond = int((match[7] or "").ljust(6, "0")[:6])
    try:
        zone = timezone(_offset(match))
        moment = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):  # the 30th of February; the last hour of the year 9999, west of Greenwich
        return None
    return moment if moment.year in _YEARS else None


def _offset(match: re.Match[str]) -> timedelta:
    if match[8]:
        return timedelta(0)
    offset = timedelta(hours=int(match[10]), minutes=int(match[11]))
    return -offset if match[9] == "-" else offset
