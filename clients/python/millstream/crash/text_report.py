"""What the text of a report says: lines of `Name: value` above the threads."""

import re
from dataclasses import dataclass

from millstream.crash.fields import ReportFields
from millstream.crash.values import clean, clean_incident
from millstream.crash.versions import from_text

# Pasted lines may be indented, or quoted as in a mail.
_LINE = r"^[ \t>]*"

# The first lines of reports of all ages. Prose before them may say "Process:" too, but not with a number in brackets.
_FIRST_LINE = re.compile(
    _LINE + r"(?:Incident Identifier:|CrashReporter Key:|Hardware Model:|Process:[ \t].*\[[0-9]+\][ \t]*$)",
    re.MULTILINE,
)
_FIRST_LINE_BELOW = re.compile(_LINE + r"(?:Thread [0-9]+\b|Binary Images:|Backtrace not available)", re.MULTILINE)
_FIELD = re.compile(
    _LINE + r"(Incident Identifier|Hardware Model|Process|Identifier|Version|Role|Date/Time|Launch Time|OS Version"
    r"|Exception Type|Exception Note|Crashed Thread|Triggered by Thread|Highlighted Thread|Highlighted by Thread)"
    r":[ \t]*(.*)$",
    re.MULTILINE,
)
_INCIDENT = re.compile(_LINE + r"Incident Identifier:[ \t]*(.*)$", re.MULTILINE)
_CRASHED_THREAD = re.compile(_LINE + r"Thread ([0-9]{1,6}) Crashed:(.*)$", re.MULTILINE)
_THREAD_INDEX = re.compile(r"([0-9]{1,6})\b(.*)")
_THREAD_FIELDS = ("Crashed Thread", "Triggered by Thread", "Highlighted Thread", "Highlighted by Thread")


@dataclass(frozen=True, slots=True)
class TextReport:
    """The lines of a report in a text."""

    fields: ReportFields
    start: int
    """The place of the first line in the text."""
    exception_type: str
    exception_note: str
    incidents: frozenset[str]
    """The incidents named: more than one where several reports were put into one file."""

    @property
    def is_no_crash(self) -> bool:
        """Whether Apple itself marks the report as that of a process that went on."""
        return "NOT a crash" in self.exception_note


def find_text_report(text: str) -> TextReport | None:
    """Find the first lines that look like a report's; None where there are none. Lines end with a line feed alone."""
    first = _FIRST_LINE.search(text)
    if first is None:
        return None
    below = _FIRST_LINE_BELOW.search(text, first.start())
    said = _said(text, first.start(), below.start() if below else len(text))
    return TextReport(
        fields=_fields(said, *_crashed_thread(text, first.start(), said)),
        start=first.start(),
        exception_type=said.get("Exception Type", ""),
        exception_note=said.get("Exception Note", ""),
        incidents=frozenset(clean_incident(match[1]) for match in _INCIDENT.finditer(text)) - {""},
    )


def _said(text: str, start: int, end: int) -> dict[str, str]:
    """Take what each name says where it first says something."""
    said: dict[str, str] = {}
    for match in _FIELD.finditer(text, start, end):
        name = match[1]
        value = clean_incident(match[2]) if name == "Incident Identifier" else clean(match[2])
        if value:
            said.setdefault(name, value)
    return said


def _fields(said: dict[str, str], crashed_thread: int | None, crashed_queue: str) -> ReportFields:
    os_version = said.get("OS Version", "")
    return ReportFields(
        incident=said.get("Incident Identifier", ""),
        process=_process(said.get("Process", "")),
        bundle_identifier=said.get("Identifier", ""),
        versions=from_text(said.get("Version", ""), os_version),
        hardware_model=said.get("Hardware Model", ""),
        os_version=os_version,
        role=said.get("Role", ""),
        date_time=said.get("Date/Time", ""),
        launch_time=said.get("Launch Time", ""),
        crashed_thread=crashed_thread,
        crashed_queue=crashed_queue,
    )


def _process(value: str) -> str:
    """Take the name before the process id: `Google Chrome [411]`."""
    name, bracket, process_id = value.rpartition("[")
    return clean(name) if bracket and process_id.endswith("]") else value


def _crashed_thread(text: str, start: int, said: dict[str, str]) -> tuple[int | None, str]:
    """Find the index of the thread that crashed, and its queue. Its own headline is surer than a field above."""
    headline = _CRASHED_THREAD.search(text, start)
    if headline is None:
        named = (_THREAD_INDEX.match(said[name]) for name in _THREAD_FIELDS if name in said)
        headline = next((match for match in named if match), None)
    if headline is None:
        return None, ""
    index = int(headline[1])
    name = re.compile(rf"{_LINE}Thread {index} name:(.*)$", re.MULTILINE).search(text, start)
    return index, clean(f"{headline[2]} {name[1] if name else ''}")
