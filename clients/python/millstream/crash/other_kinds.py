"""What a file seems to be that is no crash report: to tell the one who took it for one."""

import re
from collections.abc import Mapping

from millstream.crash.json_objects import JsonObject

CRASH_BUG_TYPES = frozenset({"109", "309"})
"""Apple's numbers of crash reports: with a body of text, and of JSON."""

_BUG_TYPES: Mapping[str, str] = {
    "115": "a reset counter",
    "145": "a report of too many disk writes",
    "151": "a report of a forced reset",
    "202": "a report of too much CPU time",
    "210": "a kernel panic",
    "226": "Apple's telemetry",
    "288": "a stackshot of the whole system",
    "298": "a Jetsam report: what ran when memory ran out",
    "313": "Apple's telemetry",
    "385": "a report of a fault that its process survived",
}

_JSON_NAMES: Mapping[str, str] = {
    "crashDiagnostics": "diagnostics of MetricKit, another format",
    "hangDiagnostics": "diagnostics of MetricKit, another format",
    "cpuExceptionDiagnostics": "diagnostics of MetricKit, another format",
    "diskWriteExceptionDiagnostics": "diagnostics of MetricKit, another format",
    "timeStampBegin": "metrics of MetricKit",
    "panicString": "a kernel panic",
    "macOSPanicString": "a kernel panic",
    "processByPid": "a stackshot of the whole system",
    "largestProcess": "a Jetsam report: what ran when memory ran out",
    "memoryStatus": "a Jetsam report: what ran when memory ran out",
    "binary_images": "a report of KSCrash in its own JSON",
    "event_id": "an event of a crash aggregator",
    "procName": "a report of Apple's, but of no crash: it names no exception",
}

_TEXT_SIGNS = tuple(
    (re.compile(pattern, re.MULTILINE), what)
    for pattern, what in (
        (
            r"^[ \t]*leaks Report Version:|^[ \t]*Process [0-9]+: [0-9]+ leaks? for",
            "the output of `leaks`, not a crash",
        ),
        (r"^[ \t]*Virtual Memory Map of process ", "the output of `vmmap`, not a crash"),
        (
            r"^[ \t]*Analysis of sampling |^[ \t]*Analysis Tool:",
            "the output of `sample`: a running process, not a crash",
        ),
        (r"^[ \t]*Event:[ \t]*(?:cpu usage|disk writes|wakeups|hang)", "a report of a hang or of overuse"),
        (r"^[ \t]*Data Source:[ \t]*\S|^Heavy format:|^Duration Sampled:", "a spindump: a slow process, not a crash"),
        (r"^panic\(cpu |^[ \t]*Kernel Extensions in backtrace:", "a kernel panic"),
        (r"^[ \t]*Largest process:|^Free pages:", "a report of low memory"),
        (r"^dSYM UUID:|^Application received signal ", "the export of a crash aggregator, not Apple's report"),
        (r"^# Crashlytics - |^# Platform: apple|^#0 Thread", "the export of a crash aggregator, not Apple's report"),
        (r"^\*\*\* \*\*\* \*\*\* \*\*\*|^FATAL EXCEPTION: |^signal [0-9]+ \(SIG", "a crash of Android"),
        (r"^==[0-9]+==[ ]?ERROR: [A-Za-z]+Sanitizer", "the output of a sanitizer"),
        (r"^\*\*\* (?:Program crashed|Signal [0-9]+):|^💣 ", "a backtrace of Swift on another system than Apple's"),
        (r"^[ \t]*\* thread #[0-9]+", "a backtrace of LLDB"),
        (r"^[ \t]*Traceback \(most recent call last\):", "a traceback of Python"),
        (r"^(?:<\?xml |<!DOCTYPE |<plist\b)", "XML; a report inside a property list must be taken out of it"),
    )
)


_PART = re.compile(r"^[ \t]*(?:Thread [0-9]+(?: name:| Crashed:|::?)|Exception Type:)", re.MULTILINE)


def bug_type_kind(bug_type: str) -> str:
    """Name what Apple's number stands for; empty where it may be a crash report."""
    return f"{_BUG_TYPES[bug_type]} (bug_type {bug_type})" if bug_type in _BUG_TYPES else ""


def json_kind(objects: tuple[JsonObject, ...]) -> str:
    """Name what the JSON seems to be by its names; empty where they tell nothing."""
    return next((what for value in objects for name, what in _JSON_NAMES.items() if name in value), "")


def text_kind(text: str) -> str:
    """Name what the text seems to be by its lines; empty where they tell nothing."""
    return next((what for sign, what in _TEXT_SIGNS if sign.search(text)), "")


def is_part(text: str) -> bool:
    """Tell whether the text seems to be a crash report without its first lines."""
    return _PART.search(text) is not None
