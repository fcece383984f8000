"""At a terminal the command has a terminal, reads it, and Ctrl-C, Ctrl-Z and its size work as without us."""

import re
import shlex
import subprocess
import sys
import termios
from typing import Any

from tests.run.conftest import Runner
from tests.run.terminal import Seat

QUIET = ["--wait", "0", "-q", "--"]


def seat(runner: Runner, *arguments: str, **options: Any) -> Seat:
    return Seat(runner.arguments(*arguments), cwd=runner.folder, env=runner.environment, **options)


def python(script: str) -> list[str]:
    return [*QUIET, sys.executable, "-c", script]


def test_all_its_streams_are_terminals_and_two_of_them_ours_to_tell_apart(offline: Runner) -> None:
    script = "import os; print([os.isatty(n) for n in (0, 1, 2)], os.ttyname(1) != os.ttyname(2))"
    with seat(offline, *python(script)) as at:
        assert at.finish() == 0
        assert at.seen == b"[True, True, True] True\r\n"


def test_bytes_come_through_as_they_are(offline: Runner) -> None:
    script = r"import sys; sys.stdout.buffer.write(b'\x1b[31mred\x1b[0m\r 50%\r100%\t\x08\xff\xfe!\n')"
    with seat(offline, *python(script)) as at:
        assert at.finish() == 0
        assert at.seen == b"\x1b[31mred\x1b[0m\r 50%\r100%\t\x08\xff\xfe!\r\n"


def test_it_has_the_size_of_ours_and_learns_of_another(offline: Runner) -> None:
    script = """
import os, signal
def show(*_): os.write(1, b'%d %d %d %d\\n' % (*os.get_terminal_size(1), *os.get_terminal_size(2)))
signal.signal(signal.SIGWINCH, show)
show()
while True: signal.pause()
"""
    with seat(offline, *python(script), size=(33, 101)) as at:
        at.wait_for(b"101 33 101 33")
        at.resize(50, 120)
        at.wait_for(b"120 50 120 50")


def test_it_reads_the_terminal(offline: Runner) -> None:
    with seat(offline, *python("print('hello', input('name? '))")) as at:
        at.wait_for(b"name? ")
        at.press(b"Ada\n")
        at.wait_for(b"hello Ada")
        assert at.finish() == 0


def test_ctrl_c_reaches_it_and_it_decides_the_exit_code(offline: Runner) -> None:
    with seat(offline, *QUIET, "sh", "-c", "trap 'exit 3' INT; echo ready; while :; do read x; done") as at:
        at.wait_for(b"ready")
        at.press(b"\x03")
        assert at.finish() == 3


def test_ctrl_c_kills_it_unless_it_says_otherwise(offline: Runner) -> None:
    with seat(offline, *python("import time; print('ready', flush=True); time.sleep(60)")) as at:
        at.wait_for(b"ready")
        at.press(b"\x03")
        assert at.finish() == 130


def test_what_stays_ours_when_only_one_stream_is_a_terminal(offline: Runner) -> None:
    script = "import os; open('found', 'w').write(str([os.isatty(n) for n in (0, 1, 2)]))"
    with seat(offline, *python(script), stdout=subprocess.DEVNULL) as at:
        assert at.finish() == 0
    assert (offline.folder / "found").read_text() == "[True, False, True]"


def test_it_says_what_it_records_and_what_became_of_it(offline: Runner) -> None:
    with seat(
        offline, "--wait", "0", "--project", "com.acme.app", "--scheme", "beta", "--", "sh", "-c", "exit 2"
    ) as at:
        assert at.finish() == 2
        first, last = at.seen.decode().splitlines()
    assert re.fullmatch(r"millstream: recording build [0-9a-f-]{36} \(com\.acme\.app / beta\)", first)
    assert last.startswith("millstream: failed (exit code 2) after 0.")
    assert "is kept in" in last


def test_modes_are_restored_when_it_was_killed(offline: Runner) -> None:
    with seat(offline, *QUIET, "sh", "-c", "stty raw -echo; echo ready; kill -9 $$") as at:
        before = at.modes()
        at.wait_for(b"ready")
        assert at.finish() == 137
        assert at.modes() == before


UNTIL_STOPPED = 'while [ -z "$(jobs -s)" ]; do sleep 0.1; done; echo stop""ped'
"""A command for a shell: it says `stopped` once a job is."""


class Shell(Seat):
    """An interactive shell, with job control."""

    def __init__(self, runner: Runner, **variables: str) -> None:
        environment = runner.environment | {"PS1": "$ ", "TERM": "dumb", **variables}
        super().__init__(["bash", "--norc", "--noediting", "-i"], cwd=runner.folder, env=environment)
        self.wait_for(b"$ ")

    def command(self, line: str) -> None:
        self.press(line.encode() + b"\n")


def test_in_a_shell_ctrl_z_stops_it_and_fg_goes_on(offline: Runner) -> None:
    run = shlex.join(offline.arguments(*QUIET, "sh", "-c", "echo ready; read line; echo got $line"))
    with Shell(offline) as at:
        at.command(run)
        at.wait_for(b"ready\r\n")
        at.press(b"\x1a")
        at.wait_for(b"Stopped")
        at.command("echo still $((40 + 2))")
        at.wait_for(b"still 42")
        at.command("fg")
        at.press_until(b"input\n", b"got input")
        at.command("echo code $?")
        at.wait_for(b"code 0")


def test_in_a_shell_a_background_run_goes_on_and_stops_when_it_reads(offline: Runner) -> None:
    run = shlex.join(offline.arguments(*QUIET, "sh", "-c", "echo working; read line; echo got $line"))
    with Shell(offline) as at:
        at.command(f"{run} &")
        at.wait_for(b"working")
        at.command(UNTIL_STOPPED)
        at.wait_for(b"stopped\r\n")
        at.command("fg")
        at.press_until(b"input\n", b"got input")


def test_in_a_pipeline_the_terminal_is_left_to_the_last(offline: Runner) -> None:
    run = shlex.join(offline.arguments(*QUIET, "sh", "-c", "echo from the build"))
    reader = "import sys; print(sys.stdin.read(), open('/dev/tty').readline())"
    with Shell(offline) as at:
        at.command(f"{run} | {shlex.quote(sys.executable)} -c {shlex.quote(reader)}; echo code $?")
        at.wait_for(b"code $?")
        at.press(b"key\n")
        at.wait_for(b"from the build")
        at.wait_for(b"code 0")


def test_in_a_pipeline_it_still_gets_the_terminal_when_it_asks(offline: Runner) -> None:
    ask = "import sys; sys.stderr.write('who? '); sys.stderr.flush(); print('hello', open('/dev/tty').readline())"
    run = shlex.join(offline.arguments(*python(ask)))
    with Shell(offline) as at:
        at.command(f"{run} | cat")
        at.wait_for(b"who? ")
        at.press(b"Ada\n")
        at.wait_for(b"hello Ada")
        at.command("echo code $?")
        at.wait_for(b"code 0")


def test_modes_that_it_sets_on_its_output_hold_for_its_keys(offline: Runner) -> None:
    script = """
import os, termios
before = termios.tcgetattr(1)
raw = [*before[:3], before[3] & ~(termios.ECHO | termios.ICANON), *before[4:]]
termios.tcsetattr(1, termios.TCSANOW, raw)
print("raw", flush=True)
key = os.read(0, 1)
termios.tcsetattr(1, termios.TCSANOW, before)
print("got", key, flush=True)
print("got", input(), flush=True)
"""
    with seat(offline, *python(script)) as at:
        before = at.modes()
        at.wait_for(b"raw\r\n")
        at.press(b"k")
        assert at.wait_for(b"got b'k'\r\n") == b""
        at.press(b"line\n")
        assert at.wait_for(b"got line\r\n") == b"line\r\n"
        assert at.finish() == 0
        assert at.modes() == before


def test_modes_that_it_leaves_are_left(offline: Runner) -> None:
    with seat(offline, *QUIET, "stty", "-echo", "-ixon") as at:
        before = at.modes()
        assert at.finish() == 0
        after = at.modes()
    assert before[3] & ~after[3] == termios.ECHO
    assert before[0] & ~after[0] == termios.IXON
    assert before[1] == after[1]
