import json
from typing import Any

import pytest

from millstream.crash import CrashReport, CrashReportError, parse_report
from tests.crash.samples import IOS_TEXT, JSON_BODY, JSON_HEADER, JSON_REPORT, read_sample


def parse(text: str) -> CrashReport:
    return parse_report(text.encode())


def changed(header: dict[str, Any] | None = None, body: dict[str, Any] | None = None) -> str:
    """The report with other values; those that are None are left out."""
    parts = [json.loads(JSON_HEADER) | (header or {}), json.loads(JSON_BODY) | (body or {})]
    return "\n".join(json.dumps({name: value for name, value in part.items() if value is not None}) for part in parts)


def test_the_parts_are_found_however_they_are_laid_out() -> None:
    pretty = "\n\n".join(json.dumps(json.loads(part), indent=4) for part in (JSON_HEADER, JSON_BODY))
    expected = parse(JSON_REPORT)
    for text in (pretty, changed(), f"Look at this:\n\n{JSON_REPORT}", f"  {JSON_HEADER}\n\t{JSON_BODY}\n\nThanks!"):
        report = parse(text)
        assert report.to_message("") != expected.to_message("")  # the content differs
        assert report.incident_identifier == expected.incident_identifier
        assert report.versions == expected.versions == (("2.1", "57"),)
        assert report.date_time == expected.date_time
        assert report.os_version == "iPhone OS 17.3 (21D50)"


def test_a_body_alone_is_enough() -> None:
    report = parse(JSON_BODY)
    assert report.incident_identifier == "3080438B-D8BC-417C-8D89-05BF95D28C18"
    assert report.bundle_identifier == "com.example.demo"
    assert report.versions == (("2.1", "57"),)


def test_the_header_fills_in_what_the_body_leaves_out() -> None:
    report = parse(changed(body=dict.fromkeys(("procName", "captureTime", "incident", "bundleInfo", "osVersion"))))
    assert report.process == "Demo"
    assert report.date_time is not None
    assert report.date_time.isoformat() == "2024-02-03T09:00:05+00:00"
    assert report.incident_identifier == "3080438B-D8BC-417C-8D89-05BF95D28C18"
    assert report.os_version == "iPhone OS 17.3 (21D50)"


def test_the_header_wins_for_version_and_bundle_and_the_body_for_the_rest() -> None:
    report = parse(changed(header={"app_version": "3.0", "build_version": "60", "bundleID": "com.example.other"}))
    assert report.versions == (("3.0", "60"),)
    assert report.bundle_identifier == "com.example.other"
    assert parse(changed(header={"name": "other"})).process == "Demo"


def test_a_program_without_a_bundle_goes_by_its_name() -> None:
    report = parse(changed(header={"bundleID": None}, body={"bundleInfo": None, "procName": "mytool"}))
    assert report.bundle_identifier == "mytool"


@pytest.mark.parametrize(
    ("body", "is_main"),
    [
        ({"faultingThread": 0}, True),
        ({"faultingThread": 1}, False),
        ({"faultingThread": 1, "threads": [{}, {"queue": "com.apple.main-thread"}]}, True),
        ({"faultingThread": 0, "threads": [{"queue": "com.example.work"}]}, True),
        ({"faultingThread": 0, "threads": None}, True),
        ({"faultingThread": 7}, False),
        ({"faultingThread": 7, "legacyInfo": {"threadTriggered": {"queue": "com.apple.main-thread"}}}, True),
        ({"faultingThread": None}, False),  # the thread that says it was triggered: the second
        ({"faultingThread": None, "threads": [{"triggered": True}]}, True),
        ({"faultingThread": None, "threads": None}, False),
        ({"faultingThread": "0", "threads": "none"}, False),
        ({"faultingThread": -1, "threads": [1, None, "x"]}, False),
        ({"faultingThread": True, "threads": []}, False),
        ({"faultingThread": 10**30}, False),
    ],
)
def test_the_main_thread_is_the_one_with_the_main_queue_else_the_first(body: dict[str, Any], is_main: bool) -> None:
    assert parse(changed(body=body)).is_main_thread == is_main


def test_the_json_counts_where_a_text_stands_above_it() -> None:
    text = IOS_TEXT.replace("Incident Identifier: 7832B73B-9521-4571-B2AE-CCD99AC61AA9\n", "")
    report = parse(
        f"Translated Report (Full Report Below)\n\n{text}\n-----------\nFull Report\n-----------\n\n{JSON_REPORT}"
    )
    assert (report.process, report.hardware_model) == ("Demo", "iPhone14,2")


@pytest.mark.parametrize("kept", [200, 5_000, 20_000])
def test_the_text_counts_where_the_json_below_it_was_cut_off(kept: int) -> None:
    whole = read_sample("macos15.5_translated_report_full.crash")
    report = parse_report(whole[: whole.index(b"\n{\n") + kept])
    assert report.incident_identifier == "CF0B19F1-8A6C-45DF-868C-FFC21EE1A3D0"  # only the header has it
    assert report.process == "TrashMailPanda"
    assert report.is_main_thread
    assert report.os_version == "macOS 15.5 (24F74)"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (JSON_REPORT[:100], "the JSON is cut off or damaged in line 1"),
        (JSON_REPORT[:600], "the JSON is cut off or damaged in line 13"),
        (JSON_REPORT[:-3], "the JSON is cut off or damaged in line 2"),
        (JSON_HEADER, "only the header of a report"),
        (f"{JSON_HEADER}\n{{}}\n", "only the header of a report"),
        (f"{JSON_HEADER}\n[]\n", "only the header of a report"),
        (f"{JSON_HEADER}\nnothing\n", "only the header of a report"),
    ],
)
def test_a_report_that_was_cut_off_is_refused(text: str, reason: str) -> None:
    with pytest.raises(CrashReportError, match=reason):
        parse(text)


@pytest.mark.parametrize("flags", [{"isSimulated": True}, {"isSimulated": 1}, {"isNonFatal": "1"}])
def test_what_apple_itself_says_is_no_crash_is_refused(flags: dict[str, Any]) -> None:
    with pytest.raises(CrashReportError, match="NOT a crash"):
        parse(changed(body=flags))
    assert parse(changed(body=dict.fromkeys(flags, False))).process == "Demo"


def test_several_reports_in_one_file_are_refused() -> None:
    with pytest.raises(CrashReportError, match="several crash reports"):
        parse(JSON_REPORT + JSON_REPORT.replace("3080438B", "4080438B"))


def test_the_last_of_equal_names_counts_as_everywhere_in_json() -> None:
    assert parse(JSON_REPORT.replace('"modelCode"', '"modelCode" : "x",\n  "modelCode"')).hardware_model == "iPhone14,2"


@pytest.mark.parametrize("value", [None, 1, True, [], {}, ["Demo"], {"a": 1}, 1.5])
def test_values_of_other_types_say_nothing(value: Any) -> None:
    names = ("procName", "modelCode", "osVersion", "captureTime", "procLaunch", "procRole", "bundleInfo", "threads")
    report = parse(changed(body=dict.fromkeys(names, value)))
    assert report.hardware_model == ""
    assert report.launch_time is None
    assert report.process == "Demo"  # the header's


def test_half_characters_and_control_characters_never_reach_a_message() -> None:
    report = parse(changed(body={"procName": "a\ud800b\x00c\nd", "modelCode": "iPhone\x1b[31m"}))
    assert report.process == "a\ufffdb\ufffdc\ufffdd"
    assert report.hardware_model == "iPhone\ufffd[31m"
    assert report.to_message("b").SerializeToString()


def test_a_number_of_apples_that_is_new_to_us_is_a_crash_if_it_has_an_exception() -> None:
    assert parse(changed(header={"bug_type": "999"}, body={"bug_type": None})).process == "Demo"
    with pytest.raises(CrashReportError):
        parse(changed(header={"bug_type": "999"}, body={"bug_type": None, "exception": None}))
