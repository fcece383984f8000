"""Bytes into a crash report, whichever of Apple's four shapes they have.

- a header of JSON and a body of JSON (`.ips` since iOS 15 and macOS 12)
- a header of JSON and a body of text (`.ips` until iOS 14, "bug_type" 109)
- text alone (`.crash`)
- text, and below it both objects (what macOS shows): then the JSON counts, unless it was cut off
"""

from millstream.crash.decoding import decode
from millstream.crash.errors import CrashReportError
from millstream.crash.fields import ReportFields
from millstream.crash.json_report import (
    JsonReport,
    body_fields,
    fallback_fields,
    find_json_report,
    identity_fields,
    is_no_crash,
)
from millstream.crash.mail import readings
from millstream.crash.other_kinds import CRASH_BUG_TYPES, bug_type_kind, is_part, json_kind, text_kind
from millstream.crash.report import CrashReport, report_from_fields
from millstream.crash.text_report import TextReport, find_text_report

_LIVED_ON = 'not a crash report: Apple marks it as "NOT a crash", its process went on'


def parse_report(data: bytes) -> CrashReport:
    """Read the bytes of a file as a crash report, in time in proportion to their number.

    Raises CrashReportError, and nothing else, when they are not one crash report; its text says what they seem to be.
    """
    content = decode(data)
    text = content.replace("\r\n", "\n").replace("\r", "\n")
    json_part, text_part = find_json_report(text), find_text_report(text)
    for reading in readings(text):
        parts = (json_part, text_part) if reading is text else (find_json_report(reading), find_text_report(reading))
        if reading is text or _is_report(reading, *parts):
            if kind := bug_type_kind(parts[0].bug_type):
                raise _not_a_report(kind)
            _refuse_several(json_part, text_part, *parts)
            said, start = _read(reading, *parts)
            return report_from_fields(said, content=content, identifying_text=reading[start:])
    raise AssertionError("the last reading is the text itself")


def _is_report(text: str, json_part: JsonReport, text_part: TextReport | None) -> bool:
    if json_part.body is not None and _is_json_crash(json_part):
        return True
    return text_part is not None and _is_text_crash(text, text_part)


def _read(text: str, json_part: JsonReport, text_part: TextReport | None) -> tuple[ReportFields, int]:
    """Take what the report says, and where in the text it begins."""
    if json_part.body is not None and _is_json_crash(json_part):
        if is_no_crash(json_part.body):
            raise CrashReportError(_LIVED_ON)
        return _with_header(json_part, body_fields(json_part.body)), json_part.start
    if text_part is not None and _is_text_crash(text, text_part):
        if text_part.is_no_crash:
            raise CrashReportError(_LIVED_ON)
        return _with_header(json_part, text_part.fields), text_part.start
    raise _refusal(text, json_part, text_part)


def _with_header(json_part: JsonReport, said: ReportFields) -> ReportFields:
    if json_part.header is None:
        return said
    return identity_fields(json_part.header).over(said).over(fallback_fields(json_part.header))


def _is_json_crash(json_part: JsonReport) -> bool:
    """Go by Apple's number or, where that is new to us, by whether there is an exception."""
    return json_part.bug_type in CRASH_BUG_TYPES or (json_part.body is not None and "exception" in json_part.body)


def _is_text_crash(text: str, text_part: TextReport) -> bool:
    """Go by the exception or the thread: spindumps and samples have none. A report cut off above has its identifier."""
    if text_part.exception_type or text_part.fields.crashed_thread is not None:
        return True
    return bool(text_part.fields.incident and text_part.fields.process and not text_kind(text))


def _refuse_several(*parts: JsonReport | TextReport | None) -> None:
    incidents = frozenset[str]().union(*(part.incidents for part in parts if part is not None))
    if len({incident.lower() for incident in incidents}) > 1:
        raise CrashReportError("several crash reports in one file: give each its own file")


def _refusal(text: str, json_part: JsonReport, text_part: TextReport | None) -> CrashReportError:
    """Say why there is no crash report in a text."""
    if json_part.damage is not None and text.lstrip().startswith("{"):
        line = text.count("\n", 0, json_part.damage) + 1
        return CrashReportError(f"the JSON is cut off or damaged in line {line}")
    if kind := json_kind(json_part.objects) or text_kind(text):
        return _not_a_report(kind)
    if json_part.header is not None:
        return CrashReportError("only the header of a report: what belongs below it is missing")
    if json_part.objects:
        return _not_a_report("JSON of another kind")
    if text_part is None and is_part(text):
        return CrashReportError("a part of a crash report: its first lines are missing")
    missing = "line that such a report begins with" if text_part is None else "Exception Type"
    return CrashReportError(f"not a crash report: it has no {missing}")


def _not_a_report(kind: str) -> CrashReportError:
    return CrashReportError(f"not a crash report: it seems to be {kind}")
