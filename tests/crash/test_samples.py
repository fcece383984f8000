"""What each real report says. The values were read in the files by eye, not taken from the parser."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest

from millstream.builds.v1.crash_log_pb2 import (
    CRASH_LOG_ROLE_BACKGROUND,
    CRASH_LOG_ROLE_FOREGROUND,
    CRASH_LOG_ROLE_UNSPECIFIED,
    CrashLogRole,
)
from millstream.crash import CrashReportError, VersionReading, parse_report
from tests.crash.samples import all_samples, read_sample

DERIVED = "derived from the text"


@dataclass(frozen=True)
class Expected:
    incident: str
    process: str
    bundle_identifier: str
    versions: tuple[tuple[str, str], ...]
    is_main_thread: bool
    role: CrashLogRole
    hardware_model: str
    os_version: str
    date_time: datetime
    launch_time: datetime | None = None


def at(text: str, hours: int) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone(timedelta(hours=hours)))


EXPECTED = {
    "acrp_xcode16.crash": Expected(
        incident="6156848E-344E-4D9E-84E0-87AFD0D0AE7B",
        process="TouchCanvas",
        bundle_identifier="com.example.apple-samplecode.TouchCanvas",
        versions=(("3.0", "1"), ("1", "3.0")),
        is_main_thread=False,  # the file ends before it names a thread
        role=CRASH_LOG_ROLE_FOREGROUND,
        hardware_model="iPhone8,1",
        os_version="iPhone OS 13.3.1 (17D50)",
        date_time=at("2020-03-27 18:06:51.496900", -7),
        launch_time=at("2020-03-27 18:06:31.759300", -7),
    ),
    "ios10.1_jsonheader_text_symbolicated_beta.ips": Expected(
        incident="30E65F26-518C-4112-B000-B45201A4AFCD",
        process="demo",
        bundle_identifier="im.zorro.demo",
        versions=(("3.5.5", "3.5.5.2"),),
        is_main_thread=True,
        role=CRASH_LOG_ROLE_FOREGROUND,
        hardware_model="iPhone9,2",
        os_version="iPhone OS 10.1.1 (14B100)",
        date_time=at("2017-05-25 20:34:37.035400", 8),
        launch_time=at("2017-05-25 20:32:55.851200", 8),
    ),
    "ios15.2_json_abort_thread1.ips": Expected(
        incident="4904A8AF-6173-4A1B-B354-0A9C4FB1F673",
        process="Demo",
        bundle_identifier="im.zorro.demo",
        versions=(("1.0", "4"),),
        is_main_thread=False,
        role=CRASH_LOG_ROLE_FOREGROUND,
        hardware_model="iPhone13,4",
        os_version="iPhone OS 15.2.1 (19C63)",
        date_time=at("2022-03-16 11:45:14.212100", 8),
        launch_time=at("2022-03-16 11:45:12.345800", 8),
    ),
    "ios15.2_json_abort_thread1.converted.crash": Expected(
        incident="4904A8AF-6173-4A1B-B354-0A9C4FB1F673",
        process="Demo",
        bundle_identifier="im.zorro.demo",
        versions=(("1.0", "4"), ("4", "1.0")),
        is_main_thread=False,
        role=CRASH_LOG_ROLE_FOREGROUND,
        hardware_model="iPhone13,4",
        os_version="iPhone OS 15.2.1 (19C63)",
        date_time=at("2022-03-16 11:45:14.212100", 8),
        launch_time=at("2022-03-16 11:45:12.345800", 8),
    ),
    "ios4.3_kscrash_NSException.crash": Expected(
        incident="1DFC2552-8F7C-4D14-B0A8-5FE04E5AE35E",
        process="Crash-Tester",
        bundle_identifier="org.stenerud.Crash-Tester",
        versions=(("1.0", "1.0"),),
        is_main_thread=True,
        role=CRASH_LOG_ROLE_UNSPECIFIED,
        hardware_model="iPhone3,1",
        os_version="iPhone OS 4.3.3 (8J2)",
        date_time=at("1970-01-18 04:18:32", 9),
    ),
    "ios4.3_kscrash_StackOverflow.crash": Expected(
        incident="3C837FB3-13FF-46DE-8120-F7BE1082CC69",
        process="Crash-Tester",
        bundle_identifier="org.stenerud.Crash-Tester",
        versions=(("1.0", "1.0"),),
        is_main_thread=True,
        role=CRASH_LOG_ROLE_UNSPECIFIED,
        hardware_model="iPhone3,1",
        os_version="iPhone OS 4.3.3 (8J2)",
        date_time=at("1970-01-18 03:46:58", 9),
    ),
    "iossim_macos10.11_app_default_set.crash": Expected(
        incident=DERIVED,
        process="TableSearch",
        bundle_identifier="TableSearch",
        versions=(("1.3", ""),),
        is_main_thread=True,
        role=CRASH_LOG_ROLE_UNSPECIFIED,
        hardware_model="",
        os_version="Mac OS X 10.11.3 (15D21)",
        date_time=at("2016-03-15 08:26:41.996000", 0),
    ),
    "macos10.11_slack_electron.crash": Expected(
        incident=DERIVED,
        process="Slack",
        bundle_identifier="com.tinyspeck.slackmacgap",
        versions=(("4.18.0", "6748"), ("6748", "4.18.0")),
        is_main_thread=True,
        role=CRASH_LOG_ROLE_UNSPECIFIED,
        hardware_model="",
        os_version="Mac OS X 10.11.3 (15D21)",
        date_time=at("2021-07-19 09:08:31.134000", 2),
    ),
    "macos12.3_reportcrash_thread1.crash": Expected(
        incident=DERIVED,
        process="ReportCrash",
        bundle_identifier="ReportCrash",
        versions=(),  # Version: ???
        is_main_thread=False,
        role=CRASH_LOG_ROLE_UNSPECIFIED,
        hardware_model="",
        os_version="macOS 12.3 (21E230)",
        date_time=at("2022-07-13 17:26:42.017000", 2),
    ),
    "macos12.3_xctest_quoted_name.ips": Expected(
        incident="FC4D11AC-D309-4C8E-816E-7B6E676A86BB",
        process="xctest3",
        bundle_identifier="xctest3",
        versions=(),
        is_main_thread=True,
        role=CRASH_LOG_ROLE_UNSPECIFIED,
        hardware_model="MacBookPro18,2",
        os_version="macOS 12.3.1 (21E258)",
        date_time=at("2022-04-20 14:36:33.576700", 1),
        launch_time=at("2022-04-20 14:36:33.460300", 1),
    ),
    "macos15.5_translated_report_full.crash": Expected(
        incident="CF0B19F1-8A6C-45DF-868C-FFC21EE1A3D0",
        process="TrashMailPanda",
        bundle_identifier="TrashMailPanda",
        versions=(),
        is_main_thread=True,
        role=CRASH_LOG_ROLE_BACKGROUND,
        hardware_model="MacBookPro18,3",
        os_version="macOS 15.5 (24F74)",
        date_time=at("2025-09-01 11:06:42.417500", -6),
        launch_time=at("2025-09-01 11:06:41.909100", -6),
    ),
}

EXPECTED["quoted_in_a_mail.ips"] = Expected(
    incident="A1A9C328-8994-4789-9EB6-9C5BA56CB5EC",
    process="Kettle",
    bundle_identifier="com.example.kettle",
    versions=(("1.2", "34"),),
    is_main_thread=True,
    role=CRASH_LOG_ROLE_FOREGROUND,
    hardware_model="Mac14,2",
    os_version="macOS 14.3 (23D56)",
    date_time=at("2024-03-05 10:11:11.123400", 1),
    launch_time=at("2024-03-05 10:10:00", 1),
)

REFUSED = {
    "macos10.15_spindump_not_a_crash.txt": "a spindump",
    "metrickit_real_report.json": "diagnostics of MetricKit",
    "umeng_not_apple.crash": "the export of a crash aggregator",
}

# Identifiers are derived once and for all: another value would import every report a second time.
DERIVED_IDENTIFIERS = {
    "iossim_macos10.11_app_default_set.crash": "DCCC869A-D470-5AB8-9622-8F844DDEAA7C",
    "macos10.11_slack_electron.crash": "E102CD95-D0A3-5727-B1D3-DA1FAA48C7DC",
    "macos12.3_reportcrash_thread1.crash": "D6B7352D-B4E1-523F-A0E6-2D810D8C6205",
}


def test_every_sample_is_expected_to_be_something() -> None:
    assert set(all_samples()) == EXPECTED.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_crash_report_says_what_stands_in_it(name: str) -> None:
    data, expected = read_sample(name), EXPECTED[name]
    report = parse_report(data)
    incident = DERIVED_IDENTIFIERS[name] if expected.incident == DERIVED else expected.incident
    assert report.incident_identifier == incident
    assert report.process == expected.process
    assert report.bundle_identifier == expected.bundle_identifier
    assert report.versions == tuple(VersionReading(*reading) for reading in expected.versions)
    assert report.is_main_thread == expected.is_main_thread
    assert report.role == expected.role
    assert report.hardware_model == expected.hardware_model
    assert report.os_version == expected.os_version
    assert report.date_time == expected.date_time
    assert report.launch_time == expected.launch_time
    assert report.content == data.decode()


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_crash_report_is_refused_for_what_it_is(name: str) -> None:
    with pytest.raises(CrashReportError, match=f"it seems to be {REFUSED[name]}"):
        parse_report(read_sample(name))


@pytest.mark.parametrize("name", EXPECTED)
def test_the_message_carries_the_report_and_leaves_the_rest_at_its_defaults(name: str) -> None:
    expected = EXPECTED[name]
    message = parse_report(read_sample(name)).to_message("a-build")
    assert message.build_id == "a-build"
    assert message.content == read_sample(name).decode()
    assert message.process == expected.process
    assert message.date_time.ToDatetime(tzinfo=expected.date_time.tzinfo) == expected.date_time
    assert message.HasField("launch_time") == (expected.launch_time is not None)
    assert not message.HasField("created_at")
    assert (message.note, message.fixed, message.priority) == ("", False, 0)
