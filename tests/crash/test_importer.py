import pytest

from millstream import Client
from millstream.crash.decoding import MAX_BYTES
from millstream.crash.importer import FoundBy, ImportOutcome, ImportResult, import_report
from tests.crash.conftest import MakeBuild
from tests.crash.samples import IOS_TEXT, JSON_REPORT, read_sample
from tests.crash.test_samples import EXPECTED

INCIDENT = "3080438B-D8BC-417C-8D89-05BF95D28C18"
PROJECT = "com.example.demo"


def do_import(client: Client, text: str = JSON_REPORT, other_build_id: str = "") -> ImportOutcome:
    return import_report(client, "a.ips", text.encode(), other_build_id=other_build_id)


def named(version: str) -> str:
    """A report as text, where either of both may be the version."""
    return IOS_TEXT.replace("Version:             1 (1.0)", f"Version:             {version}").replace(
        "com.example.backtrace", PROJECT
    )


def test_a_report_is_stored_under_the_build_that_it_names(millstream_client: Client, make_build: MakeBuild) -> None:
    make_build(PROJECT, "2.1", 56)
    expected = make_build(PROJECT, "2.1", 57)
    make_build(PROJECT, "2.2", 57)
    make_build("com.example.other", "2.1", 57)
    outcome = do_import(millstream_client)
    assert (outcome.result, outcome.build_id, outcome.found_by) == ("imported", expected, "build_number")
    stored = millstream_client.builds.get_crash_log(INCIDENT)
    assert stored.build_id == expected
    assert stored.content == JSON_REPORT
    assert (stored.process, stored.hardware_model, stored.is_main_thread) == ("Demo", "iPhone14,2", False)


def test_the_newest_of_equal_builds_is_taken(millstream_client: Client, make_build: MakeBuild) -> None:
    make_build(PROJECT, "2.1", 57)
    newest = make_build(PROJECT, "2.1", 57)
    assert do_import(millstream_client).build_id == newest


def test_both_orders_of_the_version_are_tried_the_likelier_one_first(
    millstream_client: Client, make_build: MakeBuild
) -> None:
    swapped = make_build(PROJECT, "3", 8)
    assert do_import(millstream_client, named("3 (8)")).build_id == swapped
    likelier = make_build(PROJECT, "8", 3)
    make_build(PROJECT, "3", 8)
    other = named("3 (8)").replace("7832B73B", "8832B73B")
    assert do_import(millstream_client, other).build_id == likelier  # iOS 14 wrote the build number first


@pytest.mark.parametrize(("version", "recorded"), [("1.3", "1.3"), ("3.5.5.2 (3.5.5)", "3.5.5"), ("1.0 (1.0)", "1.0")])
def test_the_version_decides_where_the_report_has_no_whole_number(
    millstream_client: Client, make_build: MakeBuild, version: str, recorded: str
) -> None:
    make_build(PROJECT, recorded, 1)
    newest = make_build(PROJECT, recorded, 2)
    make_build(PROJECT, "9.9", 3)
    outcome = do_import(millstream_client, named(version))
    assert (outcome.build_id, outcome.found_by) == (newest, FoundBy.VERSION)


def test_the_version_does_not_decide_where_the_report_has_a_number(
    millstream_client: Client, make_build: MakeBuild
) -> None:
    make_build(PROJECT, "2.1", 58)
    make_build(PROJECT, "2.1")
    make_build(PROJECT, "57")
    outcome = do_import(millstream_client)
    assert (outcome.result, outcome.build_id) == (ImportResult.NO_BUILD, "")
    assert outcome.reason == "project com.example.demo has no build of version 2.1 (57)"
    assert list(millstream_client.builds.list_crash_logs()) == []


WITHOUT_IDENTIFIER = IOS_TEXT.replace("Identifier:          com.example.backtrace\n", "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (JSON_REPORT, "there is no project com.example.demo"),
        (named("???"), "the report names no version"),
        (WITHOUT_IDENTIFIER, "there is no project TestBacktrace"),
        (WITHOUT_IDENTIFIER.replace("TestBacktrace [16268]", "[TODO]"), "the report names no bundle identifier"),
    ],
)
def test_the_reason_says_what_is_missing(millstream_client: Client, text: str, reason: str) -> None:
    outcome = do_import(millstream_client, text)
    assert (outcome.result, outcome.reason, outcome.succeeded) == (ImportResult.NO_BUILD, reason, False)


def test_what_matches_none_goes_to_the_build_that_the_user_names(
    millstream_client: Client, make_build: MakeBuild
) -> None:
    named_build, matching = make_build("com.example.other", "9.9"), make_build(PROJECT, "2.1", 57)
    outcome = do_import(millstream_client, named("???"), named_build)
    assert (outcome.result, outcome.build_id, outcome.found_by) == (ImportResult.IMPORTED, named_build, FoundBy.OPTION)
    assert do_import(millstream_client, JSON_REPORT, named_build).build_id == matching


def test_a_build_that_is_gone_is_none(millstream_client: Client) -> None:
    outcome = do_import(millstream_client, JSON_REPORT, "no-such-build")
    assert (outcome.result, outcome.reason) == (ImportResult.NO_BUILD, "build no-such-build no longer exists")


def test_a_report_that_is_there_is_left_as_it_is(millstream_client: Client, make_build: MakeBuild) -> None:
    build = make_build(PROJECT, "2.1", 57)
    do_import(millstream_client)
    stored = millstream_client.builds.get_crash_log(INCIDENT)
    stored.note, stored.fixed = "known", True
    kept = millstream_client.builds.replace_crash_log(stored).crash_log
    make_build(PROJECT, "2.1", 57)
    outcome = do_import(millstream_client)
    assert (outcome.result, outcome.build_id, outcome.succeeded) == (ImportResult.ALREADY_THERE, build, True)
    assert millstream_client.builds.get_crash_log(INCIDENT) == kept


def test_a_report_that_is_there_needs_no_build(millstream_client: Client, make_build: MakeBuild) -> None:
    other = make_build("com.example.other", "1.0")
    do_import(millstream_client, JSON_REPORT, other)
    outcome = do_import(millstream_client)
    assert (outcome.result, outcome.build_id) == (ImportResult.ALREADY_THERE, other)


def test_what_is_no_report_is_refused(millstream_client: Client) -> None:
    outcome = do_import(millstream_client, "hello")
    assert outcome.result is ImportResult.REFUSED
    assert outcome.report is None
    assert outcome.reason.startswith("not a crash report")


def test_the_longest_report_is_stored(millstream_client: Client, make_build: MakeBuild) -> None:
    make_build(PROJECT, "2.1", 57)
    text = named("57 (2.1)")
    longest = text + "é" * ((MAX_BYTES - len(text.encode())) // 2)
    assert do_import(millstream_client, longest).result is ImportResult.IMPORTED
    assert millstream_client.builds.get_crash_log("7832B73B-9521-4571-B2AE-CCD99AC61AA9").content == longest


def test_a_time_that_can_not_be_stored_does_not_stop_the_report(
    millstream_client: Client, make_build: MakeBuild
) -> None:
    make_build(PROJECT, "2.1", 57)
    for number, time in enumerate(
        ("0001-01-01 00:00:00 +0000", "4001-01-01 00:00:00 +0000", "2261-12-31 23:59:59 +0000")
    ):
        text = JSON_REPORT.replace("2024-02-03 09:59:59.5000 +0100", time).replace(INCIDENT, f"INCIDENT-{number + 1}")
        assert do_import(millstream_client, text).result is ImportResult.IMPORTED


def test_every_sample_is_stored(millstream_client: Client, make_build: MakeBuild) -> None:
    for name, expected in EXPECTED.items():
        version, number = expected.versions[0] if expected.versions else ("", "")
        build = make_build(expected.bundle_identifier, version, int(number) if number.isdigit() else 0)
        outcome = import_report(millstream_client, name, read_sample(name), other_build_id=build)
        if outcome.result is ImportResult.ALREADY_THERE:  # one incident is there in two formats
            assert name == "ios15.2_json_abort_thread1.converted.crash"
            continue
        assert outcome.report is not None
        stored = millstream_client.builds.get_crash_log(outcome.report.incident_identifier)
        assert stored.build_id == build
        assert (outcome.found_by is FoundBy.OPTION) == (not expected.versions)
        assert stored.is_main_thread == expected.is_main_thread
        assert stored.role == expected.role
        assert stored.date_time.ToDatetime(tzinfo=expected.date_time.tzinfo) == expected.date_time
        assert stored.content == read_sample(name).decode()
