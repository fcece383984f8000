"""Services that are not there, or go: no build is slowed or failed by it, and no line is lost or comes twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from millstream import Build, BuildStatus, Client
from millstream.run.spool.journal import JournalReader, Kind
from millstream.testing import MillstreamService
from millstream.transport.address import DEFAULT
from millstream.transport.answering import answers
from tests.deadline import patience, wait_until
from tests.run.conftest import CLI, NOWHERE, PATIENCE, Runner, said, tell

pytestmark = pytest.mark.slow

COMPLETED = BuildStatus.BUILD_STATUS_COMPLETED
CANCELLED = BuildStatus.BUILD_STATUS_CANCELLED


class Served:
    """A service as a process, to be killed."""

    def __init__(self, folder: Path) -> None:
        self.database = f"sqlite:///{folder / 'served.db'}"
        self.address = "127.0.0.1:0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [*CLI, "serve", "--listen", self.address, "--db", self.database]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.address = said(self._process.stdout).decode().split()[-1]

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process = None


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    served.start()
    yield served
    served.kill()


@pytest.fixture
def exposed(tmp_path: Path, served: Served) -> Iterator[Runner]:
    """Runs whose service may be killed."""
    runner = Runner(tmp_path, served.address)
    yield runner
    runner.close()


def contents(address: str) -> list[list[str]]:
    """The lines of all builds, the oldest build first."""
    with Client(address) as client:
        builds = reversed(list(client.builds.list_builds()))
        return [[line.content for line in client.builds.tail_build_logs(build.id)] for build in builds]


def stored_lines(address: str) -> int:
    return sum(len(lines) for lines in contents(address))


def statuses(address: str) -> list[BuildStatus]:
    with Client(address) as client:
        return [build.status for build in reversed(list(client.builds.list_builds()))]


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


def test_a_service_that_is_killed_and_comes_back_has_every_line_once(exposed: Runner, served: Served) -> None:
    process = exposed.start("--", "sh", "-c", "seq 1 1000; read x; seq 1001 3000; read x; seq 3001 4000")
    wait_until(lambda: stored_lines(served.address) == 1000, "the first lines")
    served.kill()
    tell(process, b"")
    served.start()
    wait_until(lambda: stored_lines(served.address) == 3000, "the lines of meanwhile")
    tell(process, b"")
    assert process.wait(patience(PATIENCE)) == 0
    assert contents(served.address) == [numbers(1, 4000)]
    assert statuses(served.address) == [COMPLETED]
    assert exposed.spooled() == []


def test_a_service_that_stays_away_gets_the_build_from_the_next_run(exposed: Runner, served: Served) -> None:
    script = "seq 1 1000; read x; seq 1001 20000; exit 9"
    process = exposed.start("--wait", "0.2", "--", "sh", "-c", script, stdout=subprocess.DEVNULL)
    wait_until(lambda: stored_lines(served.address) == 1000, "the first lines")
    served.kill()
    tell(process, b"")
    assert process.wait(patience(PATIENCE)) == 9
    assert process.stderr is not None
    (line,) = process.stderr.read().decode().splitlines()
    (folder,) = exposed.spooled()
    assert line.startswith("millstream: failed (exit code 9) after ")
    assert f"is kept in {folder}, a later run sends it" in line
    served.start()
    assert exposed.run("--", "echo", "next").returncode == 0
    assert contents(served.address) == [numbers(1, 20000), ["next"]]
    assert statuses(served.address) == [BuildStatus.BUILD_STATUS_FAILED, COMPLETED]
    assert exposed.spooled() == []


def test_a_build_that_never_saw_a_service_keeps_its_times(runner: Runner, millstream_client: Client) -> None:
    away = {**runner.environment, "MILLSTREAM_ADDRESS": NOWHERE}
    assert runner.run("--wait", "0", "--", "seq", "100", env=away).returncode == 0
    ended = time.time()
    (folder,) = runner.spooled()
    request = folder / "request.json"
    request.write_text(request.read_text().replace(NOWHERE, runner.environment["MILLSTREAM_ADDRESS"]))
    runner.run("--", "true")
    newest, build = millstream_client.builds.list_builds()
    assert build.id == folder.name
    assert build.status == COMPLETED
    assert build.created_at.ToNanoseconds() <= build.start_date.ToNanoseconds() <= build.end_date.ToNanoseconds()
    assert build.end_date.seconds <= ended
    lines = list(millstream_client.builds.tail_build_logs(build.id))
    assert [line.content for line in lines] == numbers(1, 100)
    assert all(line.created_at.seconds <= ended for line in lines)
    assert {build.build_number, newest.build_number} == {1, 2}


def test_a_service_that_hangs_costs_no_more_than_the_wait(exposed: Runner, served: Served) -> None:
    process = exposed.start("--wait", "0.5", "-q", "--", "sh", "-c", "echo ready; read x; seq 100000")
    wait_until(lambda: stored_lines(served.address) == 1, "the first line")
    served.signal(signal.SIGSTOP)
    tell(process, b"")
    output, errors = process.communicate(timeout=patience(PATIENCE))
    assert process.returncode == 0
    assert output.split() == [b"ready", *(number.encode() for number in numbers(1, 100_000))]
    assert errors == b""
    assert len(exposed.spooled()) == 1
    served.signal(signal.SIGCONT)


def test_a_user_in_a_hurry_may_interrupt_the_wait(offline: Runner) -> None:
    process = offline.start("--wait", "300", "--", "echo", "built")
    assert said(process.stdout) == b"built\n"
    folder = offline.spooled()[0]

    def has_ended() -> bool:
        with JournalReader(folder / "journal") as journal:
            return any(record.kind is Kind.ENDED for record in journal.read())

    wait_until(has_ended, "the command's end")
    process.send_signal(signal.SIGINT)
    assert process.wait(patience(PATIENCE)) == 0


def test_a_run_that_is_killed_leaves_a_cancelled_build_with_all_its_lines(
    runner: Runner, millstream_client: Client
) -> None:
    process = runner.start("--", "sh", "-c", "echo one; echo two; read x")
    assert [said(process.stdout), said(process.stdout)] == [b"one\n", b"two\n"]
    process.kill()
    wait_until(
        lambda: [build.status for build in millstream_client.builds.list_builds()] == [CANCELLED],
        "the end of the build",
    )
    (build,) = millstream_client.builds.list_builds()
    lines = [line.content for line in millstream_client.builds.tail_build_logs(build.id)]
    assert lines == ["one", "two", "the recording broke off here"]
    wait_until(lambda: runner.spooled() == [], "the end of the spool")


def test_a_spool_with_a_torn_end_is_sent_as_far_as_it_goes(runner: Runner, millstream_client: Client) -> None:
    leave_behind(runner, "seq", "1000")
    journal = runner.spooled()[0] / "journal"
    os.truncate(journal, journal.stat().st_size - 20)
    runner.run("--", "true")
    _, build = millstream_client.builds.list_builds()
    assert build.status == CANCELLED
    lines = [line.content for line in millstream_client.builds.tail_build_logs(build.id)]
    assert lines == [*numbers(1, 1000), "the recording broke off here"]


def test_a_full_disk_costs_lines_and_the_log_says_how_many_bytes(runner: Runner, millstream_client: Client) -> None:
    script = "seq 200000; exit 7"
    limited = ["sh", "-c", 'ulimit -f 640; exec "$@"', "sh", *runner.arguments("--", "sh", "-c", script)]
    result = subprocess.run(
        limited, env=runner.environment, cwd=runner.folder, capture_output=True, timeout=patience(PATIENCE)
    )
    assert result.returncode == 7
    assert result.stdout.split() == [number.encode() for number in numbers(1, 200_000)]
    (build,) = millstream_client.builds.list_builds()
    assert build.status == BuildStatus.BUILD_STATUS_FAILED
    lines = [line.content for line in millstream_client.builds.tail_build_logs(build.id)]
    gaps = [line for line in lines if line.endswith("the spool's disk was full")]
    missing = sum(int(gap.split()[0].replace(",", "")) for gap in gaps)
    stored = sum(len(line) + 1 for line in lines if line not in gaps)
    assert gaps
    # A line that a gap has torn counts a line break that was not there.
    assert 0 <= missing + stored - len(result.stdout) <= len(gaps)


def test_a_recorder_that_is_killed_leaves_the_build_to_the_next_run(runner: Runner, millstream_client: Client) -> None:
    process = runner.start("--", "sh", "-c", "echo one; read x; echo two; exit 5")
    assert said(process.stdout) == b"one\n"
    wait_until(lambda: list(millstream_client.builds.list_builds()), "the build")
    (recorder,) = [child for child in psutil.Process(process.pid).children() if "millstream.run" in child.cmdline()]
    recorder.kill()
    tell(process, b"")
    assert process.wait(patience(PATIENCE)) == 5
    assert len(runner.spooled()) == 1
    assert runner.run("--", "true").returncode == 0
    _, build = millstream_client.builds.list_builds()
    assert build.status == BuildStatus.BUILD_STATUS_FAILED
    assert [line.content for line in millstream_client.builds.tail_build_logs(build.id)] == ["one", "two"]
    assert runner.spooled() == []


def test_runs_at_once_send_a_spool_once(runner: Runner, millstream_client: Client) -> None:
    for _ in range(3):
        leave_behind(runner, "seq", "1000")
    processes = [runner.start("-q", "--", "true") for _ in range(2)]
    assert [process.wait(patience(PATIENCE)) for process in processes] == [0, 0]
    while runner.spooled():  # a run that has ended waits for what is left for some seconds only
        assert runner.run("--", "true").returncode == 0
    logs = [
        list(millstream_client.builds.tail_build_logs(build.id)) for build in millstream_client.builds.list_builds()
    ]
    assert sorted(len(lines) for lines in logs if lines) == [1000, 1000, 1000]


def test_a_damaged_spool_holds_up_nothing(runner: Runner, millstream_client: Client) -> None:
    leave_behind(runner, "true")
    (runner.spooled()[0] / "request.json").write_text("{")
    leave_behind(runner, "echo", "whole")
    assert runner.run("--", "true").returncode == 0
    assert len(list(millstream_client.builds.list_builds())) == 2
    assert len(runner.spooled()) == 1


def test_what_the_service_refuses_is_put_aside(runner: Runner, millstream_client: Client) -> None:
    leave_behind(runner, "true")
    (folder,) = runner.spooled()
    (folder / "facts.binpb").unlink(missing_ok=True)  # it is what is sent, where it is there
    request = folder / "request.json"
    request.write_text(request.read_text().replace('"project_id": "', '"project_id": "' + "x" * 300))
    assert runner.run("--", "true").returncode == 0
    assert len(list(millstream_client.builds.list_builds())) == 1
    (aside,) = runner.spooled()
    assert aside.name == f"{folder.name}.refused"
    assert "255" in (aside / "refused.txt").read_text()


REDRAWN = r"yes '[ 12/340] Building something or other' | tr '\n' '\r' | head -c {size}"
"""A line of so many bytes that is drawn again and again: none of it can be stored before it has ended."""


def test_a_line_that_takes_longer_to_read_than_the_wait_is_stored(runner: Runner, millstream_client: Client) -> None:
    runner.run("--wait", "0.3", "--", "sh", "-c", REDRAWN.format(size=60_000_000), stdout=subprocess.DEVNULL)
    assert runner.spooled() == []
    (build,) = millstream_client.builds.list_builds()
    assert len(list(millstream_client.builds.tail_build_logs(build.id))) == 1


def test_what_takes_longer_than_the_wait_holds_up_no_later_run_and_is_sent(
    runner: Runner, millstream_client: Client
) -> None:
    leave_behind(runner, "sh", "-c", REDRAWN.format(size=60_000_000))
    (old,) = (folder.name for folder in runner.spooled())
    result = runner.run("--wait", "0.3", "-v", "--", "echo", "new")
    assert b"completed after" in result.stderr
    assert b"is kept in" not in result.stderr
    new = next(build for build in millstream_client.builds.list_builds() if build.id != old)
    assert [line.content for line in millstream_client.builds.tail_build_logs(new.id)] == ["new"]
    wait_until(lambda: runner.spooled() == [], "the end of the spool")
    assert len(list(millstream_client.builds.tail_build_logs(old))) == 1


def test_300_mb_without_a_line_break_are_stored(runner: Runner, millstream_client: Client) -> None:
    size = 300_000_000
    script = f"head -c {size} /dev/zero | tr '\\0' x"
    runner.run("--wait", "10", "--", "sh", "-c", script, stdout=subprocess.DEVNULL, timeout=patience(300))
    assert runner.spooled() == []
    (build,) = millstream_client.builds.list_builds()
    assert sum(len(line.content) for line in millstream_client.builds.tail_build_logs(build.id)) == size


def leave_behind(runner: Runner, *command: str) -> None:
    """Leave a build in the spool, for the service of the runner."""
    before = set(runner.spooled())
    away = {**runner.environment, "MILLSTREAM_ADDRESS": NOWHERE}
    assert runner.run("--wait", "0", "-q", "--", *command, env=away).returncode == 0
    (folder,) = set(runner.spooled()) - before
    request = folder / "request.json"
    request.write_text(request.read_text().replace(NOWHERE, runner.environment["MILLSTREAM_ADDRESS"]))


def test_without_any_service_it_has_one_of_its_own(tmp_path: Path) -> None:
    runner = Runner(tmp_path, None)
    database = f"sqlite:///{tmp_path / 'own.db'}"
    assert runner.run("--db", database, "--", "sh", "-c", "echo built; exit 3").returncode == 3
    assert runner.spooled() == []
    tail = subprocess.run([*CLI, "tail", "latest", "--db", database], env=runner.environment, capture_output=True)
    assert (tail.returncode, tail.stdout) == (0, b"built\n")


@pytest.mark.skipif(answers(DEFAULT, 0.3), reason="a service listens at the default address")
def test_with_nothing_named_it_uses_the_users_own_database(tmp_path: Path) -> None:
    runner = Runner(tmp_path, None)
    assert runner.run("--", "echo", "built").returncode == 0
    assert runner.spooled() == []
    tail = subprocess.run([*CLI, "tail", "latest"], env=runner.environment, capture_output=True)
    assert (tail.returncode, tail.stdout) == (0, b"built\n")


def test_a_database_that_is_no_good_is_told_and_the_build_runs(tmp_path: Path) -> None:
    runner = Runner(tmp_path, None)
    (tmp_path / "own.db").write_bytes(b"this is no database" * 100)
    result = runner.run("--db", f"sqlite:///{tmp_path / 'own.db'}", "--", "sh", "-c", "echo built; exit 3")
    assert (result.returncode, result.stdout) == (3, b"built\n")
    assert b"none can be started here" in result.stderr
    assert len(runner.spooled()) == 1


BLOCKER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"millstream_service", "sqlalchemy"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
"""


def test_a_plain_install_runs_keeps_the_build_and_says_what_to_install(
    tmp_path: Path, millstream_service: MillstreamService
) -> None:
    runner = Runner(tmp_path, None)
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(BLOCKER)
    plain = runner.environment | {"PYTHONPATH": str(site)}
    database = f"sqlite:///{tmp_path / 'own.db'}"
    result = runner.run("--db", database, "--", "sh", "-c", "echo built; exit 3", env=plain)
    assert (result.returncode, result.stdout) == (3, b"built\n")
    assert b"pip install 'millstream[server]'" in result.stderr
    assert len(runner.spooled()) == 1
    assert runner.run("--db", database, "--", "true").returncode == 0
    assert runner.spooled() == []


def test_a_real_python_finds_the_blocker(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(BLOCKER)
    result = subprocess.run(
        [sys.executable, "-c", "import millstream_service"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
    )
    assert b"ModuleNotFoundError" in result.stderr


def test_builds_are_not_mixed_up_between_services(runner: Runner, millstream_client: Client) -> None:
    assert runner.run("--wait", "0", "-q", "--address", NOWHERE, "--", "echo", "for another").returncode == 0
    assert runner.run("--", "true").returncode == 0
    assert isinstance(next(iter(millstream_client.builds.list_builds())), Build)
    assert len(list(millstream_client.builds.list_builds())) == 1
    assert len(runner.spooled()) == 1
