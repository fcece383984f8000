"""A process that the command leaves behind goes on, and what it writes arrives, as it would without us."""

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from millstream import BuildStatus, Client
from tests.deadline import patience, wait_until
from tests.run.conftest import Runner, said
from tests.run.terminal import Seat
from tests.run.test_terminal import QUIET, Shell


class Latch:
    """What a process waits for: `wait` is what it runs."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._path = path
        self.wait = f"read x < {shlex.quote(str(path))}"

    def open(self) -> None:
        self._path.write_text("go\n")


@pytest.fixture
def latch(tmp_path: Path) -> Latch:
    return Latch(tmp_path / "latch")


@pytest.fixture
def left(offline: Runner) -> Iterator[Runner]:
    """Runs whose relays are looked for at the end: none may stay."""
    yield offline
    wait_until(lambda: not relays(offline), "the end of the relays")


def relays(runner: Runner) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            is_ours = process.environ().get("MILLSTREAM_SPOOL") == str(runner.spool) and process.ppid() == 1
            if is_ours and "millstream.run" not in process.cmdline():  # which is a recorder
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if "python" in process.name()]


def test_into_a_pipe(left: Runner, latch: Latch) -> None:
    process = left.start(*QUIET, "sh", "-c", f"({latch.wait}; echo late; echo worse >&2) & echo early")
    assert said(process.stdout) == b"early\n"
    assert process.wait(patience(30)) == 0
    latch.open()
    assert said(process.stdout) == b"late\n"
    assert said(process.stderr) == b"worse\n"
    assert [said(process.stdout), said(process.stderr)] == [b"", b""]


def test_into_a_file(left: Runner, latch: Latch) -> None:
    with (left.folder / "out").open("wb") as out:
        left.run(*QUIET, "sh", "-c", f"({latch.wait}; echo late) & echo early", stdout=out, stderr=out)
    assert (left.folder / "out").read_text() == "early\n"
    latch.open()
    wait_until(lambda: (left.folder / "out").read_text() == "early\nlate\n", "what comes late")


def test_onto_a_terminal(left: Runner, latch: Latch) -> None:
    run = shlex.join(left.arguments(*QUIET, "sh", "-c", f"({latch.wait}; echo late; echo worse >&2) & echo early"))
    with Shell(left) as at:
        at.command(f"{run}; echo code $?")
        at.wait_for(b"early\r\n")
        at.wait_for(b"code 0\r\n")
        latch.open()
        at.wait_for(b"late\r\n")
        at.wait_for(b"worse\r\n")
        at.command("echo and $((40 + 2))")
        at.wait_for(b"and 42\r\n")


def test_a_long_output(left: Runner, latch: Latch) -> None:
    process = left.start(*QUIET, "sh", "-c", f"({latch.wait}; seq 300000) & echo early")
    assert process.wait(patience(30)) == 0
    latch.open()
    assert process.stdout is not None
    assert process.stdout.read() == b"early\n" + b"".join(b"%d\n" % number for number in range(1, 300_001))


def test_without_a_reader_it_is_told(left: Runner, latch: Latch) -> None:
    script = f"(trap 'echo $? > ended' EXIT; {latch.wait}; yes; exit $?) & echo early"
    process = left.start(*QUIET, "sh", "-c", script)
    assert said(process.stdout) == b"early\n"
    assert process.wait(patience(30)) == 0
    assert process.stdout is not None
    process.stdout.close()
    latch.open()
    wait_until(lambda: (left.folder / "ended").exists() and (left.folder / "ended").read_text(), "its end")
    assert (left.folder / "ended").read_text() == f"{128 + signal.SIGPIPE}\n"


def test_the_relay_holds_nothing_else_open(left: Runner, latch: Latch) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)  # noqa: FBT003 - the standard library's own
    with (left.folder / "out").open("wb") as out:
        script = f"exec {writer}>&-; (exec 2>&-; {latch.wait}; echo late) & echo early"
        left.run("--wait", "0", "--", "bash", "-c", script, stdout=out, pass_fds=[writer])
    os.close(writer)
    assert os.read(reader, 1) == b""
    os.close(reader)
    (relay,) = relays(left)
    links = [str(link.readlink()) for link in Path(f"/proc/{relay.pid}/fd").iterdir()]
    files = sorted(link for link in links if not link.startswith("pipe:"))
    assert files == ["/dev/null", "/dev/null", str(left.folder / "out")]
    assert len(links) - len(files) == 1
    assert relay.cwd() == "/"
    latch.open()


def test_one_that_closed_its_output_is_left_alone(left: Runner, latch: Latch) -> None:
    script = f"({latch.wait}; echo done > done) </dev/null >/dev/null 2>&1 & echo early"
    with Seat(left.arguments(*QUIET, "sh", "-c", script), cwd=left.folder, env=left.environment) as at:
        assert at.finish() == 0
        assert relays(left) == []
    latch.open()
    wait_until((left.folder / "done").exists, "its work")


def test_it_does_not_hold_up_the_end(left: Runner) -> None:
    process = left.start(*QUIET, "sh", "-c", "sleep 300 & echo $!")
    child = int(said(process.stdout))
    assert process.wait(patience(30)) == 0
    os.kill(child, signal.SIGKILL)


def test_what_a_filter_of_the_command_still_holds_is_recorded(runner: Runner, millstream_client: Client) -> None:
    script = "exec > >(sleep 0.05; cat); seq 1000"
    result = runner.run(*QUIET[2:], "bash", "-c", script, stderr=subprocess.PIPE)
    assert len(result.stdout.splitlines()) == 1000
    (build,) = millstream_client.builds.list_builds()
    assert len(list(millstream_client.builds.tail_build_logs(build.id))) == 1000


def test_the_build_ends_with_its_command(runner: Runner, latch: Latch, millstream_client: Client) -> None:
    process = runner.start("-q", "--", "sh", "-c", f"({latch.wait}; echo late) & echo early")
    assert process.wait(patience(30)) == 0
    (build,) = millstream_client.builds.list_builds()
    assert build.status == BuildStatus.BUILD_STATUS_COMPLETED
    latch.open()
    assert process.stdout is not None
    assert process.stdout.read() == b"early\nlate\n"
    assert [line.content for line in millstream_client.builds.tail_build_logs(build.id)] == ["early"]
