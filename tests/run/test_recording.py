"""What is recorded, through the real command line and a real service."""

import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from millstream import Build, BuildLog, BuildStatus, Client, Platform
from millstream.testing import MillstreamService
from millstream_service.store.builds.tables import BUILDS
from tests.deadline import patience, wait_until
from tests.run.conftest import CLI, Runner, said, tell
from tests.run.terminal import Seat
from tests.store.opening import writing

SAMPLE = Path(__file__).parent.parent / "samples" / "logs" / "xcodebuild15.1_clean_build_succeeded_2.8MB.log"
COMPLETED = BuildStatus.BUILD_STATUS_COMPLETED
FAILED = BuildStatus.BUILD_STATUS_FAILED
CANCELLED = BuildStatus.BUILD_STATUS_CANCELLED


def builds(client: Client) -> list[Build]:
    """All builds, newest first."""
    return list(client.builds.list_builds())


def only(client: Client) -> Build:
    (build,) = builds(client)
    return build


def log(client: Client, build: Build) -> list[BuildLog]:
    return list(client.builds.tail_build_logs(build.id, include_debug=True))


def contents(client: Client, build: Build) -> list[str]:
    return [line.content for line in log(client, build)]


def test_a_build_with_its_lines_and_its_end(runner: Runner, millstream_client: Client) -> None:
    result = runner.run("--", "sh", "-c", "echo one; echo two >&2; printf three; exit 2")
    assert (result.returncode, result.stdout, result.stderr) == (2, b"one\nthree", b"two\n")
    build = only(millstream_client)
    assert build.status == FAILED
    assert build.created_at.ToNanoseconds() <= build.start_date.ToNanoseconds() <= build.end_date.ToNanoseconds()
    lines = log(millstream_client, build)
    assert [(line.seq, line.content) for line in lines] == [(1, "one"), (2, "two"), (3, "three")]
    assert [line.category for line in lines] == ["stdout", "stderr", "stdout"]
    assert runner.spooled() == []


def test_what_can_be_found_out_is_filled_in(runner: Runner, millstream_client: Client) -> None:
    for arguments in (
        ["init", "-q"],
        ["-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first"],
        ["tag", "v1.4.0"],
        ["remote", "add", "origin", "https://me:secret@example.org/acme/orbit.git"],
    ):
        subprocess.run(["git", *arguments], cwd=runner.folder, check=True)
    assert runner.run("--", "true").returncode == 0
    build = only(millstream_client)
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=runner.folder, text=True).strip()
    assert (build.status, build.progress) == (COMPLETED, 1.0)
    assert (build.version_string, build.build_number, build.commit_hash) == ("1.4.0", 1, commit)
    assert build.os_version
    assert build.processor
    assert build.memory > 0
    scheme = millstream_client.builds.get_scheme(build.scheme_id)
    assert scheme.name == "orbit"
    assert sys.platform != "linux" or list(scheme.platforms) == [Platform.PLATFORM_LINUX]
    project = millstream_client.builds.get_project(scheme.project_bundle_identifier)
    assert project.bundle_identifier == "org.example.acme.orbit"
    assert project.git_repo_url == "https://example.org/acme/orbit.git"
    assert Path(project.working_directory).samefile(runner.folder)


def test_what_was_run_where_and_how_it_ended_is_filled_in(runner: Runner, millstream_client: Client) -> None:
    subprocess.run(["git", "init", "-q", "-b", "feature/x"], cwd=runner.folder, check=True)
    named = ["--label", "nightly=yes", "--label", "team=build"]
    assert runner.run(*named, "--", "sh", "-c", "exit 7", b"caf\xe9").returncode == 7  # type: ignore[arg-type]
    build = only(millstream_client)
    assert list(build.command) == ["sh", "-c", "exit 7", "caf\N{REPLACEMENT CHARACTER}"]
    assert build.exit_code == 7
    assert (build.branch, build.host) == ("feature/x", socket.gethostname())
    assert dict(build.labels) == {"nightly": "yes", "team": "build"}


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("kill -9 $$", 137)])
def test_the_exit_code_is_recorded(runner: Runner, millstream_client: Client, script: str, code: int) -> None:
    assert runner.run("--", "sh", "-c", script).returncode == code
    build = only(millstream_client)
    assert build.HasField("exit_code")
    assert build.exit_code == code


def test_without_a_branch_of_git_the_ci_system_is_asked(runner: Runner, millstream_client: Client) -> None:
    runner.run("--", "true", env=runner.environment | {"CI_COMMIT_BRANCH": "develop"})
    assert only(millstream_client).branch == "develop"


@pytest.mark.parametrize("label", ["nightly", "=yes", "Nightly=yes", "a=" + "x" * 256, "x" * 64 + "=y", "a=b\nc"])
def test_a_bad_label_is_refused_before_anything_runs(offline: Runner, label: str) -> None:
    result = offline.run("--label", label, "--", "touch", "ran")
    assert result.returncode == 2
    assert b"--label" in result.stderr
    assert not (offline.folder / "ran").exists()


def test_options_say_what_it_is_and_the_next_one_counts_on(runner: Runner, millstream_client: Client) -> None:
    named = ["--project", "com.acme.orbit", "--scheme", "beta", "--version", "3.1"]
    runner.run(*named, "--build-number", "41", "--", "true")
    runner.run(*named, "--", "true")
    newest, older = builds(millstream_client)
    assert (older.build_number, newest.build_number) == (41, 42)
    assert {build.version_string for build in (newest, older)} == {"3.1"}
    assert older.scheme_id == newest.scheme_id
    scheme = millstream_client.builds.get_scheme(newest.scheme_id)
    assert (scheme.project_bundle_identifier, scheme.name) == ("com.acme.orbit", "beta")


def test_runs_that_begin_at_once_share_a_project(runner: Runner, millstream_client: Client) -> None:
    processes = [runner.start("--project", "com.acme.orbit", "--", "true") for _ in range(3)]
    assert [process.wait(patience(60)) for process in processes] == [0, 0, 0]
    assert len(builds(millstream_client)) == 3
    assert len(list(millstream_client.builds.list_schemes("com.acme.orbit"))) == 1


def test_it_is_recorded_while_it_runs(runner: Runner, millstream_client: Client) -> None:
    script = "echo '[1/4] CC a.o'; read x; echo '[2/4] CC b.o'; read x; echo '[1/4] CC again.o'; read x; exit 1"
    process = runner.start("--", "sh", "-c", script)
    wait_until(lambda: builds(millstream_client), "the build")
    build_id = only(millstream_client).id
    wait_until(lambda: millstream_client.builds.get_build(build_id).progress == 0.25, "progress of 1/4")
    running = millstream_client.builds.get_build(build_id)
    assert running.status == BuildStatus.BUILD_STATUS_RUNNING
    assert running.HasField("start_date")
    assert not running.HasField("end_date")
    tell(process, b"")
    wait_until(lambda: millstream_client.builds.get_build(build_id).progress == 0.5, "progress of 2/4")
    assert contents(millstream_client, running) == ["[1/4] CC a.o", "[2/4] CC b.o"]
    tell(process, b"")
    wait_until(lambda: len(contents(millstream_client, running)) == 3, "the third line")
    tell(process, b"")
    assert process.wait(patience(60)) == 1
    ended = only(millstream_client)
    assert (ended.status, ended.progress) == (FAILED, 0.5)


def test_a_build_that_fails_at_once_has_come_as_far_as_it_said(runner: Runner, millstream_client: Client) -> None:
    assert runner.start("--", "sh", "-c", "echo '[1/4] CC a.o'; exit 1").wait(patience(60)) == 1
    ended = only(millstream_client)
    assert (ended.status, ended.progress) == (FAILED, 0.25)


def test_a_build_that_is_cancelled_by_anyone_is_stopped(runner: Runner, millstream_client: Client) -> None:
    process = runner.start("--", "sh", "-c", "trap 'echo stopping; exit 5' TERM; echo ready; while :; do read x; done")
    cancel(process, millstream_client)
    assert process.wait(patience(60)) == 5
    build = only(millstream_client)
    assert build.status == CANCELLED
    assert build.HasField("end_date")
    assert contents(millstream_client, build) == ["ready", "stopping"]


def test_a_cancelled_command_that_goes_on_is_killed_with_all_its_processes(
    runner: Runner, millstream_client: Client
) -> None:
    script = "trap '' TERM; sh -c 'echo ready; exec sleep 300' & wait; sleep 300"
    process = runner.start("--grace", "0.3", "--", "sh", "-c", script)
    cancel(process, millstream_client)
    assert process.wait(patience(60)) == 128 + signal.SIGKILL
    assert only(millstream_client).status == CANCELLED


def cancel(process: "subprocess.Popen[bytes]", client: Client) -> None:
    assert said(process.stdout) == b"ready\n"
    wait_until(
        lambda: [build for build in builds(client) if build.status == BuildStatus.BUILD_STATUS_RUNNING], "the build"
    )
    client.builds.update_build(Build(id=only(client).id, status=CANCELLED), ["status"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_our_user_stops_is_cancelled(
    runner: Runner, millstream_client: Client, number: signal.Signals
) -> None:
    process = runner.start("--", "sh", "-c", f"trap 'exit 0' {number.value}; echo ready; while :; do read x; done")
    assert said(process.stdout) == b"ready\n"
    process.send_signal(number)
    assert process.wait(patience(60)) == 0
    assert only(millstream_client).status == CANCELLED


def test_ctrl_c_on_the_terminal_cancels_whatever_the_command_exits_with(
    runner: Runner, millstream_client: Client
) -> None:
    argv = runner.arguments("--", "sh", "-c", "trap 'exit 7' INT; echo ready; while :; do read x; done")
    with Seat(argv, cwd=runner.folder, env=runner.environment) as at:
        at.wait_for(b"recording build ")
        at.wait_for(b"ready")
        at.press(b"\x03")
        assert at.finish() == 7
        assert b"cancelled (exit code 7) after" in at.seen
        assert b"see: millstream tail " in at.seen
    assert only(millstream_client).status == CANCELLED


def test_a_command_that_is_not_there_is_a_failed_build(runner: Runner, millstream_client: Client) -> None:
    assert runner.run("--", "no-such-command").returncode == 127
    build = only(millstream_client)
    assert build.status == FAILED
    assert contents(millstream_client, build) == ["millstream: no-such-command: No such file or directory"]


def test_a_build_that_is_deleted_meanwhile_is_let_go(runner: Runner, millstream_client: Client) -> None:
    process = runner.start("--", "sh", "-c", "echo ready; read x; seq 100; exit 6")
    assert said(process.stdout) == b"ready\n"
    wait_until(lambda: builds(millstream_client), "the build")
    wait_until(lambda: contents(millstream_client, only(millstream_client)), "its line")
    millstream_client.builds.delete_build(only(millstream_client).id)
    tell(process, b"")
    assert process.wait(patience(60)) == 6
    assert builds(millstream_client) == []
    assert runner.spooled() == []


def test_colours_and_redrawn_lines_are_stored_as_they_look(runner: Runner, millstream_client: Client) -> None:
    runner.run("--", "printf", r"\033[31mred\033[0m\n 10%%\r 90%%\r100%%\n\xff\n")
    assert contents(millstream_client, only(millstream_client)) == ["red", "100%", "\N{REPLACEMENT CHARACTER}"]


def test_a_real_log_is_stored_line_by_line_and_comes_back_as_it_was(
    runner: Runner, millstream_client: Client, millstream_service: MillstreamService
) -> None:
    result = runner.run("--", "cat", str(SAMPLE))
    assert result.stdout == SAMPLE.read_bytes()
    build = only(millstream_client)
    assert build.status == COMPLETED
    lines = log(millstream_client, build)
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert [line.content for line in lines] == SAMPLE.read_text().splitlines()
    assert {line.category for line in lines} > {"stdout"}
    tail = subprocess.run([*CLI, "tail", build.id], env=runner.environment, capture_output=True, check=True)
    assert tail.stdout == SAMPLE.read_bytes()


def test_many_lines_come_through_quickly_and_all_are_stored(runner: Runner, millstream_client: Client) -> None:
    count = 50_000
    result = runner.run("--", "seq", str(count))
    assert result.stdout.count(b"\n") == count
    build = only(millstream_client)
    with closing(millstream_client.builds.tail_build_logs(build.id)) as lines:
        assert [int(line.content) for line in lines] == list(range(1, count + 1))


def test_behind_the_greatest_number_a_build_has_none_and_is_recorded(runner: Runner, millstream_client: Client) -> None:
    greatest = 10**18
    assert runner.run("--build-number", str(greatest), "--", "true").returncode == 0
    after = runner.run("--", "echo", "built")
    assert (after.returncode, after.stdout) == (0, b"built\n")
    assert b"the greatest possible number" in after.stderr
    assert runner.spooled() == []
    builds = sorted(millstream_client.builds.list_builds(), key=lambda build: build.id)
    assert [build.build_number for build in builds] == [greatest, 0]
    assert [line.content for line in millstream_client.builds.list_build_logs(builds[1].id)] == ["built"]


def test_behind_a_number_beyond_all_of_todays_runs_are_recorded(
    runner: Runner, millstream_client: Client, millstream_service: MillstreamService
) -> None:
    assert runner.run("--", "true").returncode == 0
    with writing(millstream_service.database_url) as connection:
        connection.execute(update(BUILDS.table).values(build_number=2**63 - 1))  # as a store of before may have it
    for _ in range(2):
        assert runner.run("--", "echo", "built").returncode == 0
    assert runner.spooled() == []
    builds = sorted(millstream_client.builds.list_builds(), key=lambda build: build.id)[-2:]
    for build in builds:
        assert [line.content for line in millstream_client.builds.list_build_logs(build.id)] == ["built"]


@pytest.mark.parametrize("option", ["--wait", "--grace"])
@pytest.mark.parametrize("value", ["inf", "nan", "-1", "1e400"])
def test_no_time_without_bounds_is_taken(runner: Runner, option: str, value: str) -> None:
    refused = runner.run(f"{option}={value}", "--", "touch", "ran")
    assert refused.returncode == 2
    assert refused.stderr.startswith(b"millstream: Invalid value for")
    assert not (runner.folder / "ran").exists()
