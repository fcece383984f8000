"""Which version and build number a report names, and in which order it names them."""

import re
from typing import NamedTuple

from millstream.crash.values import clean

# Up to these, Apple's phones, pads, boxes and watches wrote the build number first.
_BUILD_FIRST_UP_TO = {
    "iPhone OS": 14,
    "iOS": 14,
    "iPadOS": 14,
    "Apple TVOS": 14,
    "tvOS": 14,
    "Watch OS": 7,
    "watchOS": 7,
}
_SYSTEM = re.compile(r"(iPhone OS|iOS|iPadOS|Apple TVOS|tvOS|Watch OS|watchOS) ([0-9]{1,3})\b")


class VersionReading(NamedTuple):
    """One way to read what a report says of the version."""

    version_string: str
    """CFBundleShortVersionString: `1.10.2`. Never empty."""
    build_number: str
    """CFBundleVersion as written: `268`, but also `3.5.5.2`. Empty: the report names none."""

    @property
    def number(self) -> int | None:
        """The build number as a build carries it; None where it is no whole number of 64 bits."""
        text = self.build_number
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def from_names(short_version: str, bundle_version: str) -> tuple[VersionReading, ...]:
    """Read version and build number where each has its own name. Where only one is there, that is the version."""
    short, bundle = clean(short_version), clean(bundle_version)
    if not (short or bundle):
        return ()
    return (VersionReading(short, bundle) if short else VersionReading(bundle, ""),)


def from_text(value: str, os_version: str) -> tuple[VersionReading, ...]:
    """Read `Version: a (b)`, in both orders, the likelier one first: it depends on the system that wrote it."""
    first, opening, second = value.strip().removesuffix(")").rpartition("(")
    if not opening:
        return from_names(value, "")
    as_written, swapped = from_names(first, second), from_names(second, first)
    readings = swapped + as_written if _writes_build_first(os_version) else as_written + swapped
    return tuple(dict.fromkeys(readings))


def _writes_build_first(os_version: str) -> bool:
    system = _SYSTEM.match(os_version)
    return system is not None and int(system[2]) <= _BUILD_FIRST_UP_TO[system[1]]
