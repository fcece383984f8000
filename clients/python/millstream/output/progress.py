"""How far a build says that it is."""

from __future__ import annotations

import re
from typing import Final

from millstream.output.lines.ansi import MOTION, strip_decoration

_COUNT: Final = re.compile(  # ninja, swift, bazel, yarn
    r"\[ {0,6}+(?:\d{1,3}% )?([\d,]{1,11}+) ?/ ?([\d,]{1,11}+)(?: [^\]\[]{0,60}+)?\]"
)
_COUNTS: Final = frozenset(" ,0123456789")  # what the first two patterns have behind the bracket
_CARGO_COUNT: Final = re.compile(r" {4}Building \[[=> -]{0,200}\] (\d{1,9}+)/(\d{1,9}+):")
_PERCENT: Final = re.compile(r"\[ {0,3}+(\d{1,3})%\]")  # make files made by CMake
_GRADLE_PERCENT: Final = re.compile(r"<[=-]{1,200}+> (\d{1,3})% EXECUTING")  # its other stages count to 100, too
_PYTEST: Final = re.compile(r"(?:[^\s\[]{1,400}(?:\.py|::)[^\[]{0,400}|[.FEsxX]{1,200} {1,200}\[)")
_PYTEST_PERCENT: Final = re.compile(r"\[ {0,3}+(\d{1,3})%\]\Z")


def find_progress(text: str) -> float | None:
    """Return the progress, 0 to 1, that the line `text` tells of; None where it tells of none."""
    first = text[0] if text else ""
    if first == "[":
        if text[1:2] not in _COUNTS:
            return None
        count = _COUNT.match(text)
        return _from_percent(_PERCENT.match(text)) if count is None else _from_count(count[1], count[2])
    if first == "<":
        return _from_percent(_GRADLE_PERCENT.match(text))
    if first == " " and (count := _CARGO_COUNT.match(text)):
        return _from_count(count[1], count[2])
    if text[-2:] == "%]" and _PYTEST.match(text):
        return _from_percent(_PYTEST_PERCENT.search(text, len(text) - 6))
    return None


def find_redrawn_progress(data: bytes) -> float | None:
    """Return the newest progress in `data`, a line that is drawn again and again and has not ended."""
    if b"/" not in data and b"%" not in data:
        return None
    for text in reversed(MOTION.split(data.decode("utf-8", "replace"))):
        progress = find_progress(strip_decoration(text))
        if progress is not None:
            return progress
    return None


def _from_count(done: str, total: str) -> float | None:
    parts, whole = (int(number.replace(",", "") or 0) for number in (done, total))
    return parts / whole if 0 < whole >= parts else None


def _from_percent(percent: re.Match[str] | None) -> float | None:
    value = 101 if percent is None else int(percent[1])
    return value / 100 if value <= 100 else None
