"""All that is known of one build, for people and for scripts."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest

from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.builds.v1.build_pb2 import BUILD_STATUS_FAILED, EXPORT_OPTION_APP_STORE, Build
from millstream.builds.v1.crash_log_pb2 import CRASH_LOG_PRIORITY_HIGH, CrashLog
from millstream.cli.builds.origin import NOWHERE, Origin
from millstream.cli.builds.report import BuildReport, report_dict, summarize
from millstream.cli.builds.report_text import report_lines
from millstream.cli.shared.tally import Tally

MakeBuild = Callable[..., Build]
MakeLine = Callable[..., BuildLog]


@pytest.fixture
def report(make_build: MakeBuild, make_line: MakeLine, origin: Origin) -> BuildReport:
    build = make_build(
        ago=3600,
        ran=185,
        status=BUILD_STATUS_FAILED,
        progress=0.45,
        version_string="1.3.1",
        build_number=4,
        export_options=[EXPORT_OPTION_APP_STORE],
        memory=16,
        os_version="Debian 12",
        command=["make", "-j8", "CFLAGS=-O2 -g"],
        exit_code=0,
        branch="main",
        host="ci-3",
        labels={"team": "core", "nightly": "yes"},
    )
    lines = [make_line(seq, f"line {seq}", "ERROR" if seq % 10 == 0 else "INFO") for seq in range(1, 1201)]
    crash = CrashLog(incident_identifier="6C3A", process="zpipe", is_main_thread=True, content="long", fixed=True)
    crash.priority = CRASH_LOG_PRIORITY_HIGH
    return BuildReport(build, origin, summarize(lines), [crash])


def test_people_read_what_is_known(report: BuildReport, now: datetime) -> None:
    text = "\n".join(line.plain for line in report_lines(report, now))
    assert text.startswith("zlib 1.3.1 #4  ✗ failed 45% in 3m 05s\n")
    for fact in (
        "id         01928c3e-7f20-7abc-8000-000000000000",
        "project    zlib (net.zlib)",
        "scheme     default",
        "exports    app store",
        "command    make -j8 'CFLAGS=-O2 -g'",
        "exit code  0",
        "branch     main",
        "labels     nightly=yes, team=core",
        "host       ci-3",
        "system     Debian 12",
        "memory     16 GB",
        "log        1,200 lines: 120 errors, 1,080 info",
        "       10  line 10",
        "… and 115 more errors",
        "crashes    1",
        "6C3A  zpipe, main thread, high, fixed",
    ):
        assert fact in text


def test_what_is_not_known_has_no_line(make_build: MakeBuild, now: datetime) -> None:
    report = BuildReport(make_build(started=False), NOWHERE, summarize([]), [])
    labels = [line.plain.split()[0] for line in report_lines(report, now) if line.plain]
    assert labels == ["○", "id", "created", "log"] or labels[1:] == ["id", "created", "log"]


def test_scripts_get_the_build_and_what_belongs_to_it(report: BuildReport, now: datetime) -> None:
    fields = json.loads(json.dumps(report_dict(report, now)))
    assert fields["status"] == "BUILD_STATUS_FAILED"
    assert fields["duration_seconds"] == 185.0
    assert fields["project"]["bundle_identifier"] == "net.zlib"
    assert fields["log"]["by_level"] == {"info": 1080, "error": 120}
    assert [line["seq"] for line in fields["log"]["first_errors"]] == ["10", "20", "30", "40", "50"]
    assert fields["crash_logs"][0]["incident_identifier"] == "6C3A"
    assert "content" not in fields["crash_logs"][0]


def test_a_tally_counts_by_level(make_line: MakeLine) -> None:
    tally = Tally()
    tally.add(make_line(seq, level=level) for seq, level in enumerate(("ERROR", "DEBUG", "ERROR", "WARNING")))
    assert (tally.total, tally.warnings, tally.errors) == (4, 1, 2)
    assert list(tally.by_level()) == ["debug", "warning", "error"]
