"""Programs that take keys, whatever they read them from: the terminal of stdin, of stderr, or `/dev/tty`."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deadline import wait_until
from tests.run.conftest import Runner
from tests.run.terminal import Seat
from tests.run.test_terminal import QUIET, UNTIL_STOPPED, Shell, python, seat

ESCAPE = b"\x1b"


def need(program: str) -> str:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    return program


@pytest.fixture
def long_file(offline: Runner) -> Path:
    """A file of more lines than the terminal has."""
    path = offline.folder / "long"
    path.write_text("".join(f"line {number}\n" for number in range(1, 101)))
    return path


def page_through(at: Seat) -> None:
    """Use the pager: a page down, to the end, out."""
    at.wait_for(b"line 23")
    at.press(b" ")
    at.wait_for(b"line 46")
    at.press(b"G")
    at.wait_for(b"line 100")
    at.press(b"q")
    assert at.finish() == 0


def with_term(runner: Runner, **more: str) -> Runner:
    runner.environment |= {"TERM": "xterm", "LESS": "", **more}
    return runner


def test_less_takes_keys(offline: Runner, long_file: Path) -> None:
    with seat(with_term(offline), *QUIET, need("less"), str(long_file)) as at:
        before = at.modes()
        page_through(at)
        assert at.modes() == before


def test_less_at_the_end_of_a_pipe_takes_keys(offline: Runner, long_file: Path) -> None:
    run = shlex.join(with_term(offline).arguments(*QUIET, need("less")))
    command = ["sh", "-c", f"cat {long_file} | {run}"]
    with Seat(command, cwd=offline.folder, env=offline.environment) as at:
        page_through(at)


def test_less_in_a_pipe_of_the_command_takes_keys(offline: Runner, long_file: Path) -> None:
    with seat(with_term(offline), *QUIET, "sh", "-c", f"cat {long_file} | {need('less')}") as at:
        page_through(at)


def test_less_reads_its_keys_where_only_stdout_is_another(offline: Runner, long_file: Path) -> None:
    with seat(with_term(offline), *QUIET, "sh", "-c", f"{need('less')} {long_file}", stderr=subprocess.DEVNULL) as at:
        page_through(at)


def test_git_log_pages(offline: Runner) -> None:
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@b", "-C", str(offline.folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    for number in range(40):
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", f"change {number}."], check=True)
    need("less")
    with seat(with_term(offline), *QUIET, "git", "log", "--format=%s") as at:
        at.wait_for(b"change 20.")
        assert b"change 5." not in at.seen
        at.press(b"G")
        at.wait_for(b"change 0.")
        at.press(b"q")
        assert at.finish() == 0


def test_vim_edits_a_file(offline: Runner) -> None:
    with seat(with_term(offline), *QUIET, need("vim"), "-u", "NONE", "-N", "made") as at:
        at.wait_for(b"[New")
        at.press(b"ihello")
        at.wait_for(b"hello")
        at.press(ESCAPE)
        at.press(b":wq\r")
        assert at.finish() == 0
    assert (offline.folder / "made").read_text() == "hello\n"


def test_vim_reads_text_from_a_pipe_and_keys_from_the_terminal(offline: Runner) -> None:
    run = shlex.join(with_term(offline).arguments(*QUIET, need("vim"), "-u", "NONE", "-N", "-"))
    with Seat(["sh", "-c", f"echo piped | {run}"], cwd=offline.folder, env=offline.environment) as at:
        at.wait_for(b"piped")
        at.press(b":w! made\r")
        wait_until((offline.folder / "made").exists, "the file")
        at.press(b":q!\r")
        assert at.finish() == 0
    assert (offline.folder / "made").read_text() == "piped\n"


def test_in_a_shell_vim_is_stopped_and_goes_on(offline: Runner) -> None:
    run = shlex.join(with_term(offline).arguments(*QUIET, need("vim"), "-u", "NONE", "-N", "made"))
    with Shell(offline, TERM="xterm") as at:
        at.command(run)
        at.wait_for(b"[New")
        at.press(b"iabc")
        at.wait_for(b"abc")
        at.press(ESCAPE)
        at.press(b"\x1a")
        at.wait_for(b"Stopped")
        at.command("echo still $((40 + 2))")
        at.wait_for(b"still 42")
        at.command("fg")
        at.wait_for(b"abc")
        at.press(b"Adef")
        at.wait_for(b"def")
        at.press(ESCAPE)
        at.press(b":wq\r")
        at.wait_for(b"$ ")
        at.command("echo code $?")
        at.wait_for(b"code 0")
    assert (offline.folder / "made").read_text() == "abcdef\n"


@pytest.mark.parametrize("program", ["dialog", "whiptail"])
def test_a_dialog_takes_an_answer(offline: Runner, program: str) -> None:
    script = f"answer=$({need(program)} --inputbox question 10 40 2>&1 >/dev/tty); echo got $answer"
    with seat(with_term(offline), *QUIET, "sh", "-c", script) as at:
        at.wait_for(b"question")
        at.press(b"forty-two\r")
        at.wait_for(b"got forty-two")
        assert at.finish() == 0


def test_fzf_picks_a_line(offline: Runner, long_file: Path) -> None:
    script = f"{need('fzf')} < {long_file} > picked"
    with seat(with_term(offline), *QUIET, "sh", "-c", script) as at:
        at.wait_for(b"100/100")
        at.press(b"line 77")
        at.wait_for(b"1/100")
        at.press(b"\r")
        assert at.finish() == 0
    assert (offline.folder / "picked").read_text() == "line 77\n"


READ = "import os, sys; fd = {fd}; os.write(2, b'? '); print('got', os.read(fd, 9)); sys.exit(7)"
PLACES = {
    "stdin": "0",
    "stderr": "2",
    "its name": "os.open(os.ttyname(2), os.O_RDONLY)",
    "/dev/tty": "os.open('/dev/tty', 0)",
}


@pytest.mark.parametrize("place", PLACES)
def test_whatever_it_reads_it_gets_the_keys(offline: Runner, place: str) -> None:
    with seat(offline, *python(READ.format(fd=PLACES[place]))) as at:
        at.wait_for(b"? ")
        at.press(b"key\n")
        at.wait_for(b"key\r\ngot b'key\\n'\r\n")
        assert at.finish() == 7


@pytest.mark.parametrize("redirected", ["</dev/null", ">/dev/null", "</dev/null >/dev/null"])
@pytest.mark.parametrize("place", ["stderr", "/dev/tty"])
def test_with_other_streams_redirected_too(offline: Runner, place: str, redirected: str) -> None:
    script = f"import os; os.write(2, b'? '); os.write(2, b'got ' + os.read({PLACES[place]}, 9))"
    command = ["sh", "-c", f"{shlex.join(offline.arguments(*python(script)))} {redirected}"]
    with Seat(command, cwd=offline.folder, env=offline.environment) as at:
        at.wait_for(b"? ")
        at.press(b"key\n")
        at.wait_for(b"got key")
        assert at.finish() == 0


def test_a_password_is_not_shown(offline: Runner) -> None:
    with seat(offline, *python("import getpass; print('it was', getpass.getpass('secret? '))")) as at:
        before = at.modes()
        at.wait_for(b"secret? ")
        at.press(b"swordfish\n")
        assert at.wait_for(b"it was swordfish") == b"\r\n"
        assert at.finish() == 0
        assert at.modes() == before


def test_ctrl_c_arrives_once(offline: Runner) -> None:
    script = """
import signal, sys
count = 0
def note(*_):
    global count
    count += 1
    print("interrupted", count, flush=True)
signal.signal(signal.SIGINT, note)
print("ready", flush=True)
for line in sys.stdin:
    print("line", line.strip(), count, flush=True)
"""
    with seat(offline, *python(script)) as at:
        at.wait_for(b"ready")
        at.press(b"\x03")
        at.wait_for(b"interrupted 1")
        at.press(b"next\n")
        at.wait_for(b"line next 1")
        at.press(b"\x04")
        assert at.finish() == 0
        assert b"interrupted" not in at.seen


def test_an_interactive_shell_has_job_control(offline: Runner) -> None:
    offline.environment |= {"PS1": "inner> ", "TERM": "dumb"}
    with seat(offline, *QUIET, "bash", "--norc", "--noediting", "-i") as at:
        at.wait_for(b"inner> ")
        assert b"no job control" not in at.seen
        at.press(b"sh -c 'echo $((40 + 2)); cat'\n")
        at.wait_for(b"42\r\n")
        at.press(b"once\n")
        at.wait_for(b"once\r\nonce\r\n")  # a shell that is stopped while it starts a program may never say so
        at.press(b"\x1a")
        at.wait_for(b"Stopped")
        at.wait_for(b"inner> ")
        at.press_until(b"fg\n", b"fg\r\nsh -c")
        at.press(b"again\n")
        at.wait_for(b"again\r\nagain\r\n")
        at.press(b"\x03")
        at.wait_for(b"inner> ")  # a terminal drops what was typed ahead of an interrupt
        at.press_until(b"exit 5\n", b"\r\nexit\r\n")
        assert at.finish() == 5


def test_what_was_typed_ahead_is_left_for_the_shell(offline: Runner) -> None:
    if not may_put_back():
        pytest.skip("this system lets nobody put keys back (TIOCSTI)")
    run = shlex.join(offline.arguments(*QUIET, "sh", "-c", "echo working; read line; echo got $line"))
    with Shell(offline) as at:
        at.command(run)
        at.wait_for(b"working")
        at.press(b"one\necho code $((40 + 2))\n")
        at.wait_for(b"got one")
        at.wait_for(b"code 42")


def may_put_back() -> bool:
    setting = Path("/proc/sys/dev/tty/legacy_tiocsti")
    return os.geteuid() == 0 or not setting.exists() or setting.read_text().strip() == "1"


def test_a_run_in_a_script_leaves_the_keys_to_the_script(offline: Runner) -> None:
    run = shlex.join(offline.arguments(*QUIET, "sh", "-c", "echo working; sleep 0.5; echo done"))
    script = f"{run} & read answer; echo answer $answer; wait $!; echo code $?"
    with Seat(["sh", "-c", script], cwd=offline.folder, env=offline.environment) as at:
        at.wait_for(b"working")
        at.press(b"yes\n")
        at.wait_for(b"answer yes")
        at.wait_for(b"code 0")
        assert at.finish() == 0


def test_in_a_shell_a_background_run_has_the_keys_once_it_is_in_front(offline: Runner) -> None:
    run = shlex.join(
        offline.arguments(*QUIET, sys.executable, "-c", "print('it is', 6 * 7, flush=True); print(input())")
    )
    with Shell(offline) as at:
        at.command(f"{run} &")
        at.wait_for(b"it is 42\r\n")
        at.command(UNTIL_STOPPED)
        at.wait_for(b"stopped\r\n")
        at.command("fg")
        at.press_until(b"typed\n", b"typed\r\ntyped\r\n")


STATE = 2
"""Where in `/proc/PID/stat` the state of a process is."""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_in_a_shell_what_was_written_before_a_background_run_stopped_is_shown(offline: Runner) -> None:
    go, commands, ours = offline.folder / "go", offline.folder / "command", offline.folder / "ours"
    script = (
        f"echo $$ > {commands}; echo ready; while [ ! -e {go} ]; do sleep 0.05; done; echo it is $((6 * 7)); read x"
    )
    with Shell(offline) as at:
        at.command(f"{shlex.join(offline.arguments(*QUIET, 'sh', '-c', script))} & echo $! > {ours}")
        at.wait_for(b"ready\r\n")
        run, command = int(ours.read_text()), int(commands.read_text())
        os.kill(run, signal.SIGSTOP)  # Now it finds both at once: what was written, and that the command stopped.
        go.touch()
        wait_until(lambda: Path(f"/proc/{command}/stat").read_text().split()[STATE] == "T", "the command to stop")
        os.kill(run, signal.SIGCONT)
        at.wait_for(b"it is 42\r\n")


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize("first", [":", "trap '' HUP"], ids=["usual", "ignores the end of its terminal"])
def test_a_background_run_ends_with_its_terminal(offline: Runner, first: str) -> None:
    go, ours = offline.folder / "go", offline.folder / "ours"
    script = f"{first}; echo ready; while [ ! -e {go} ]; do sleep 0.05; done; read x"
    with Shell(offline) as at:
        at.command(f"{shlex.join(offline.arguments(*QUIET, 'sh', '-c', script))} & echo $! > {ours}")
        at.wait_for(b"ready\r\n")
    go.touch()  # Only now does the command want the terminal.
    wait_until(lambda: not Path(f"/proc/{int(ours.read_text())}").exists(), "the run to end")
