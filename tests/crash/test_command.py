"""`millstream crash import`."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream import Client
from millstream.cli.crash import show_json
from millstream.crash.decoding import MAX_FILE_BYTES
from millstream.crash.importer import ImportOutcome, ImportResult
from millstream.errors import UnavailableError
from millstream.testing import MillstreamService
from tests.crash.conftest import Command, MakeBuild
from tests.crash.samples import FOLDER, JSON_REPORT
from tests.deadline import patience

INCIDENT = "3080438B-D8BC-417C-8D89-05BF95D28C18"
PROJECT = "com.example.demo"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "Demo 1.ips"
    path.write_text(JSON_REPORT)
    return path


@pytest.fixture
def build(make_build: MakeBuild) -> str:
    return make_build(PROJECT, "2.1", 57)


def test_people_read_what_was_imported_and_where_to(
    command: Command, millstream_client: Client, report: Path, build: str
) -> None:
    code, out, err = command("crash", "import", report)
    assert (code, err) == (0, "")
    assert out == f"imported {report} (Demo 2.1 (57), {INCIDENT}) under build {build}\n"
    assert millstream_client.builds.get_crash_log(INCIDENT).build_id == build


def test_what_is_there_already_is_no_failure(command: Command, report: Path, build: str) -> None:
    command("crash", "import", report)
    code, out, err = command("crash", "import", report)
    assert (code, err) == (0, "")
    assert out == f"already there: {report} (Demo 2.1 (57), {INCIDENT}) under build {build}\n"


def test_one_bad_file_does_not_stop_the_others(
    command: Command, millstream_client: Client, report: Path, build: str, tmp_path: Path
) -> None:
    spindump, missing, empty = FOLDER / "macos10.15_spindump_not_a_crash.txt", tmp_path / "missing", tmp_path / "empty"
    empty.touch()
    code, out, err = command("crash", "import", spindump, tmp_path, missing, empty, report)
    assert code == 1
    assert out.startswith("imported ")
    assert err.splitlines() == [
        f"millstream: refused {spindump}: not a crash report: it seems to be a spindump: a slow process, not a crash",
        f"millstream: refused {tmp_path}: it is a folder: name the files in it",
        f"millstream: refused {missing}: No such file or directory",
        f"millstream: refused {empty}: the file is empty",
    ]
    assert millstream_client.builds.get_crash_log(INCIDENT).build_id == build


def test_a_report_without_a_build_is_kept_once_the_user_names_one(
    command: Command, millstream_client: Client, report: Path, make_build: MakeBuild
) -> None:
    other = make_build("com.example.other", "1.0", 9)
    code, out, err = command("crash", "import", report)
    assert (code, out) == (1, "")
    assert err == (
        f"millstream: no build for {report} (Demo 2.1 (57), {INCIDENT}): "
        "there is no project com.example.demo; name one with --build\n"
    )
    assert command("crash", "import", "--build", other, report).code == 0
    assert millstream_client.builds.get_crash_log(INCIDENT).build_id == other


def test_a_named_build_that_is_not_there_is_told_before_anything_is_done(
    command: Command, millstream_client: Client, report: Path, build: str
) -> None:
    code, out, err = command("crash", "import", "--build", "zzz", report)
    assert (code, out) == (1, "")
    assert "there is no build zzz" in err
    assert list(millstream_client.builds.list_crash_logs(build_id=build)) == []


def test_scripts_get_an_array_of_what_was_done(command: Command, report: Path, build: str) -> None:
    metrickit = FOLDER / "metrickit_real_report.json"
    code, out, err = command("crash", "import", "--json", report, report, metrickit)
    assert (code, err) == (1, "")
    imported, again, refused = json.loads(out)
    assert imported == {
        "file": str(report),
        "result": "imported",
        "reason": "",
        "incident_identifier": INCIDENT,
        "process": "Demo",
        "bundle_identifier": PROJECT,
        "version_string": "2.1",
        "build_number": "57",
        "build_id": build,
        "found_by": "build_number",
    }
    assert again == imported | {"result": "already_there", "found_by": ""}
    assert refused.keys() == imported.keys()
    assert (refused["result"], refused["incident_identifier"]) == ("refused", "")
    assert "MetricKit" in refused["reason"]


def test_names_and_reasons_never_steer_the_terminal(command: Command, tmp_path: Path, build: str) -> None:
    path = tmp_path / "a\x1b[31m.ips"
    path.write_text("hello")
    assert "\x1b" not in command("crash", "import", path).err


def test_a_report_comes_from_stdin(millstream_service: MillstreamService, report: Path, build: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from millstream.cli.app import main; main()", "crash", "import", "-"],
        input=report.read_bytes(),
        capture_output=True,
        env={"MILLSTREAM_ADDRESS": millstream_service.address, "PATH": ""},
        timeout=patience(60),
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode() == f"imported - (Demo 2.1 (57), {INCIDENT}) under build {build}\n"


def test_a_file_too_long_to_be_a_report_is_not_read_to_its_end(command: Command, tmp_path: Path, build: str) -> None:
    path = tmp_path / "huge.crash"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES * 1000)
    assert command("crash", "import", path).err == f"millstream: refused {path}: too long: a report has at most 3 MiB\n"


@pytest.mark.parametrize("arguments", [("import",), ("import", "--colour", "a.ips"), ("export", "a.ips")])
def test_bad_usage_exits_with_2(command: Command, arguments: tuple[str, ...]) -> None:
    assert command("crash", *arguments).code == 2


def test_a_service_that_does_not_answer(
    command: Command, millstream_service: MillstreamService, report: Path, build: str
) -> None:
    millstream_service.stop()
    code, out, err = command("crash", "import", "--json", report)
    assert (code, out) == (1, "")
    assert "no service answers" in err


def test_what_was_done_before_the_service_failed_is_told(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    def outcomes() -> Iterator[ImportOutcome]:
        yield ImportOutcome(source="a.ips", result=ImportResult.IMPORTED, build_id="build-1")
        raise UnavailableError("gone")

    with pytest.raises(UnavailableError):
        show_json(outcomes())
    assert [outcome["file"] for outcome in json.loads(capfdbinary.readouterr().out)] == ["a.ips"]
