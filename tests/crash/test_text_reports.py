import pytest

from millstream.builds.v1.crash_log_pb2 import (
    CRASH_LOG_ROLE_BACKGROUND,
    CRASH_LOG_ROLE_FOREGROUND,
    CRASH_LOG_ROLE_UNSPECIFIED,
    CrashLogRole,
)
from millstream.crash import CrashReport, CrashReportError, parse_report
from millstream.crash.values import MAX_CHARACTERS
from tests.crash.samples import IOS_TEXT, JSON_HEADER, read_sample


def parse(text: str) -> CrashReport:
    return parse_report(text.encode())


def with_field(name: str, value: str) -> str:
    """The text with another value in one line."""
    lines = [f"{name}: {value}" if line.startswith(f"{name}:") else line for line in IOS_TEXT.splitlines()]
    return "\n".join(lines)


def without(start: str) -> str:
    """The text without the lines that begin so."""
    return "\n".join(line for line in IOS_TEXT.splitlines() if not line.startswith(start))


def test_prose_before_a_report_is_not_read() -> None:
    prose = "Hi!\nProcess: we restart it daily\nVersion: 9.9 (9)\nOS Version: mine\nIt says:\n\n"
    assert parse(prose + IOS_TEXT).versions == parse(IOS_TEXT).versions
    assert parse(prose + IOS_TEXT).os_version == "iPhone OS 14.0 (18A373)"
    assert parse(prose + IOS_TEXT).content == prose + IOS_TEXT


@pytest.mark.parametrize("indent", ["    ", "\t", "> ", "> > "])
def test_a_report_may_be_indented_or_quoted(indent: str) -> None:
    report = parse("\n".join(indent + line for line in IOS_TEXT.splitlines()))
    assert (report.process, report.is_main_thread) == ("TestBacktrace", True)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Google Chrome Helper (Renderer) [411]", "Google Chrome Helper (Renderer)"),
        ('x{cte"st [82406]', 'x{cte"st'),
        ("demo        [3769]", "demo"),
        ("[brackets] [12]", "[brackets]"),
        ("Überträger 🚀 [7]", "Überträger 🚀"),
        ("NoNumber", "NoNumber"),
        ("??? [7]", ""),
        ("[TODO]", ""),
    ],
)
def test_the_name_of_a_process_is_all_before_its_number(value: str, name: str) -> None:
    assert parse(with_field("Process", value)).process == name


@pytest.mark.parametrize(
    ("value", "role"),
    [
        ("Foreground", CRASH_LOG_ROLE_FOREGROUND),
        ("Background", CRASH_LOG_ROLE_BACKGROUND),
        ("Non UI", CRASH_LOG_ROLE_UNSPECIFIED),
        ("Unspecified", CRASH_LOG_ROLE_UNSPECIFIED),
        ("unknown", CRASH_LOG_ROLE_UNSPECIFIED),
        ("", CRASH_LOG_ROLE_UNSPECIFIED),
    ],
)
def test_the_role_is_foreground_background_or_not_known(value: str, role: CrashLogRole) -> None:
    assert parse(with_field("Role", value)).role == role


THREADS = IOS_TEXT.index("Thread 0 name:")
ABOVE = IOS_TEXT[:THREADS].replace("Triggered by Thread:  0\n", "")


@pytest.mark.parametrize(
    ("above", "threads", "is_main"),
    [
        ("", "Thread 0 Crashed:\n", True),
        ("", "Thread 0 Crashed:: Dispatch queue: com.example.work\n", True),
        ("", "Thread 5 Crashed:\n", False),
        ("", "Thread 5 Crashed:: Dispatch queue: com.apple.main-thread\n", True),
        ("", "Thread 5 Crashed: Test Thread Name\n", False),
        ("", "Thread 5 name:  tid_103  Dispatch queue: com.apple.main-thread\nThread 5 Crashed:\n", True),
        ("", "Thread 0 name:  Dispatch queue: com.apple.main-thread\nThread 0:\n\nThread 5 Crashed:\n", False),
        ("Crashed Thread: 5\n", "Thread 0 Crashed:\n", True),  # the thread itself is surer than the line above it
        ("Crashed Thread: 0  Dispatch queue: com.apple.main-thread\n", "", True),
        ("Crashed Thread: 3  Dispatch queue: com.apple.main-thread\n", "", True),
        ("Crashed Thread: 3\n", "Thread 3:\n", False),
        ("Crashed Thread: Unknown\n", "Backtrace not available\n", False),
        ("Triggered by Thread: 0, Dispatch Queue: com.apple.main-thread\n", "Backtrace not available\n", True),
        ("Triggered by Thread: 54 git\n", "", False),
        ("Highlighted Thread: 0\n", "Thread 0 name: Dispatch queue: com.apple.main-thread\nThread 0:\n", True),
        ("Highlighted by Thread: 4\n", "Backtrace not available\n", False),
        ("", "", False),
        ("", "Unknown thread crashed with ARM Thread State (64-bit):\n", False),
        ("", "Thread 0 crashed with ARM Thread State:\n", False),
    ],
)
def test_the_main_thread_is_the_one_with_the_main_queue_else_the_first(above: str, threads: str, is_main: bool) -> None:
    assert parse(ABOVE + above + "\n" + threads).is_main_thread == is_main


@pytest.mark.parametrize("value", ["[TODO]", "???", "00000000-0000-0000-0000-000000000000", "TODO", "a b 1", "x" * 300])
def test_an_identifier_that_identifies_nothing_is_not_taken(value: str) -> None:
    first, other = parse(with_field("Incident Identifier", value)), parse(with_field("Incident Identifier", "[TODO] "))
    assert first.incident_identifier != value
    assert len(first.incident_identifier) == len(other.incident_identifier) == 36


def test_a_derived_identifier_outlives_a_trip_through_a_mail() -> None:
    text = without("Incident Identifier")
    padded = "\n\n" + "\n".join(f"{line}  " for line in text.splitlines()) + "\n\n\n"
    identifiers = {
        parse(variant).incident_identifier for variant in (text, text.replace("\n", "\r\n"), padded, f"Look:\n{text}")
    }
    assert len(identifiers) == 1
    assert parse(text.replace("[16268]", "[16269]")).incident_identifier not in identifiers


def test_the_anonymous_uuid_is_the_device_not_the_incident() -> None:
    name = "macos10.11_slack_electron.crash"
    assert parse_report(read_sample(name)).incident_identifier != "00000000-0000-0000-0000-000000000008"
    text = f"{without('Incident Identifier')}\nAnonymous UUID: 5C32DF84-31A0-43E7-87D0-239F7F594940\n"
    assert parse(text).incident_identifier != "5C32DF84-31A0-43E7-87D0-239F7F594940"


def test_the_first_of_equal_lines_counts() -> None:
    assert parse(IOS_TEXT.replace("Role:", "Role: Background\nRole:")).role == CRASH_LOG_ROLE_BACKGROUND
    assert parse(IOS_TEXT.replace("Role:", "Role: \nRole:")).role == CRASH_LOG_ROLE_FOREGROUND


def test_the_header_wins_where_both_name_the_same() -> None:
    header = JSON_HEADER.replace('"309"', '"109"').replace('"incident_id":"3080438B-D8BC-417C-8D89-05BF95D28C18",', "")
    report = parse(f"{header}\n{IOS_TEXT}")
    assert report.bundle_identifier == "com.example.demo"
    assert report.versions == (("2.1", "57"),)
    assert report.incident_identifier == "7832B73B-9521-4571-B2AE-CCD99AC61AA9"
    assert report.process == "TestBacktrace"


def test_a_header_may_span_lines_and_its_number_may_be_one() -> None:
    header = '{\n  "bug_type" : 109,\n  "app_version" : "2.1",\n  "build_version" : "57"\n}\n\n\n'
    assert parse(header + IOS_TEXT).versions == (("2.1", "57"),)


@pytest.mark.parametrize("note", ["SIMULATED (this is NOT a crash)", "NON-FATAL CONDITION (this is NOT a crash)"])
def test_what_apple_itself_says_is_no_crash_is_refused(note: str) -> None:
    with pytest.raises(CrashReportError, match="NOT a crash"):
        parse(with_field("Exception Note", note))


def test_several_reports_in_one_file_are_refused() -> None:
    other = IOS_TEXT.replace("7832B73B", "8832B73B")
    with pytest.raises(CrashReportError, match="several crash reports"):
        parse(IOS_TEXT + other)
    assert parse(IOS_TEXT + IOS_TEXT).process == "TestBacktrace"


def test_values_become_fit_for_a_message() -> None:
    report = parse(with_field("Hardware Model", "x" * 1000 + "\x07"))
    assert report.hardware_model == "x" * MAX_CHARACTERS
    assert parse(with_field("OS Version", "iPhone\x07 OS")).os_version == "iPhone\ufffd OS"


@pytest.mark.parametrize("start", ["Exception", "Thread", "Triggered", "Launch Time"])
def test_lines_that_were_left_out_are_missed_no_more_than_needed(start: str) -> None:
    report = parse(without(start))
    assert (report.process, report.incident_identifier) == ("TestBacktrace", "7832B73B-9521-4571-B2AE-CCD99AC61AA9")


def test_the_thread_that_crashed_tells_a_crash_where_the_exception_is_left_out() -> None:
    assert parse(without("Incident").replace("Exception Type", "Exception")).is_main_thread
