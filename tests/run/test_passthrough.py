"""`run` promises: neither the command nor a reader of its output can tell that it is there.

There is no service in these tests: the record goes to the spool, and nobody notices.
"""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deadline import patience, wait_until
from tests.run.conftest import Runner, said, tell

SH = ["--wait", "0", "--", "sh", "-c"]
PYTHON = ["--wait", "0", "-q", "--", sys.executable, "-c"]


@pytest.mark.parametrize("code", [0, 1, 2, 77, 255])
def test_the_exit_code_is_the_commands(offline: Runner, code: int) -> None:
    assert offline.run(*SH, f"exit {code}").returncode == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGINT])
def test_a_command_killed_by_a_signal_exits_with_128_and_its_number(offline: Runner, number: signal.Signals) -> None:
    assert offline.run(*SH, f"ulimit -c 0; kill -{number.value} $$").returncode == 128 + number


def test_a_command_that_is_not_there_exits_with_127(offline: Runner) -> None:
    result = offline.run("--wait", "0", "-q", "--", "no-such-command")
    assert result.returncode == 127
    assert result.stdout == b""
    assert result.stderr == b"millstream: no-such-command: No such file or directory\n"


def test_a_file_that_is_no_command_exits_with_126(offline: Runner) -> None:
    (offline.folder / "data").write_text("data")
    assert offline.run("--wait", "0", "--", "./data").returncode == 126
    assert offline.run("--wait", "0", "--", ".").returncode == 126


def test_a_script_that_names_no_interpreter_runs_as_in_a_shell(offline: Runner) -> None:
    script = offline.folder / "build"
    script.write_text("echo built $1; exit 3\n")
    script.chmod(0o755)
    result = offline.run("--wait", "0", "--", "./build", "it")
    assert (result.returncode, result.stdout) == (3, b"built it\n")


def test_options_after_the_command_are_the_commands(offline: Runner) -> None:
    result = offline.run("--wait", "0", "-q", "echo", "--quiet", "--", "-v", "--help")
    assert result.stdout == b"--quiet -- -v --help\n"


def test_every_byte_comes_through_and_the_streams_stay_apart(offline: Runner) -> None:
    random.seed(7)
    noise = {name: random.randbytes(3_000_000) for name in ("out", "err")}
    for name, data in noise.items():
        (offline.folder / name).write_bytes(data)
    result = offline.run("--wait", "0", "-q", "--", "sh", "-c", "cat err >&2 & cat out; wait")
    assert result.stdout == noise["out"]
    assert result.stderr == noise["err"]


def test_output_comes_at_once_even_without_a_line_break(offline: Runner) -> None:
    process = offline.start(*SH, "printf 'password: '; read x; printf 'got %s' $x >&2; read y")
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.read(10) == b"password: "
    tell(process, b"secret")
    assert process.stderr.read(10) == b"got secret"
    tell(process, b"")
    assert process.wait() == 0


def test_its_input_is_ours(offline: Runner) -> None:
    random.seed(8)
    data = random.randbytes(1_000_000)
    assert offline.run("--wait", "0", "-q", "--", "cat", input=data).stdout == data


def test_what_it_does_not_read_is_left_for_the_next(offline: Runner) -> None:
    run = " ".join(f"'{word}'" for word in offline.arguments("--wait", "0", "-q", "--", "head", "-c", "0"))
    result = subprocess.run(
        ["sh", "-c", f"{run}; cat"], input=b"rest", capture_output=True, env=offline.environment, cwd=offline.folder
    )
    assert result.stdout == b"rest"


CLOSED = """
import os, sys
for number in (0, 1, 2):
    try:
        os.fstat(number)
    except OSError:
        open(sys.argv[1], "a").write(str(number))
"""


@pytest.mark.parametrize("closed", ["0", "1", "2", "012"])
def test_a_stream_that_is_closed_is_closed_for_the_command(offline: Runner, closed: str) -> None:
    arguments = offline.arguments("--wait", "0", "-q", "--", sys.executable, "-S", "-c", CLOSED, "found")
    redirections = " ".join(f"{number}>&-" for number in closed)
    result = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", *arguments], env=offline.environment, cwd=offline.folder
    )
    assert result.returncode == 0
    assert (offline.folder / "found").read_text() == closed


def test_a_command_whose_reader_leaves_is_told(offline: Runner) -> None:
    process = offline.start("--wait", "0", "-q", "--", "yes", stderr=subprocess.DEVNULL)
    assert said(process.stdout) == b"y\n"
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(patience(30)) == 128 + signal.SIGPIPE


def test_a_slow_reader_holds_up_no_signal(offline: Runner) -> None:
    process = offline.start("--wait", "0", "-q", "--", "yes", stderr=subprocess.DEVNULL)
    assert said(process.stdout) == b"y\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    assert set(process.stdout.read()) <= set(b"y\n")
    assert process.wait(patience(30)) == 128 + signal.SIGTERM


def test_nothing_of_ours_is_said_into_a_pipe(offline: Runner) -> None:
    result = offline.run("--wait", "0", "-q", "--", "sh", "-c", "echo out; echo err >&2")
    assert (result.stdout, result.stderr) == (b"out\n", b"err\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1])
def test_signals_reach_the_command_which_decides(offline: Runner, number: signal.Signals) -> None:
    script = f"trap 'echo caught; exit 9' {number.value}; echo ready; while :; do read x; done"
    process = offline.start(*SH, script)
    assert said(process.stdout) == b"ready\n"
    process.send_signal(number)
    assert said(process.stdout) == b"caught\n"
    assert process.wait(patience(30)) == 9


def test_signals_reach_all_of_the_commands_processes(offline: Runner) -> None:
    process = offline.start(*SH, "sh -c 'echo ready; read x; sleep 60' & wait")
    assert said(process.stdout) == b"ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout is not None
    assert process.stdout.read() == b""
    assert process.wait(patience(30)) == 128 + signal.SIGTERM


def test_a_signal_that_was_ignored_stays_ignored(offline: Runner) -> None:
    arguments = offline.arguments(*SH, "kill -HUP $$; echo alive")
    result = subprocess.run(
        ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *arguments],
        capture_output=True, env=offline.environment, cwd=offline.folder,
    )  # fmt: skip
    assert result.stdout == b"alive\n"


def test_the_command_finds_signals_as_they_are_without_us(offline: Runner) -> None:
    def ignored(line: bytes) -> int:
        return int(line.split()[1], 16) & ~(3 << 31)  # 32 and 33 are the C library's own

    direct = subprocess.run(["grep", "SigIgn", "/proc/self/status"], capture_output=True)
    assert ignored(offline.run(*SH, "grep SigIgn /proc/self/status").stdout) == ignored(direct.stdout)


def test_it_has_a_process_group_of_its_own(offline: Runner) -> None:
    process = offline.start(*PYTHON, "import os; print(os.getpgrp(), flush=True); input()")
    group = int(said(process.stdout))
    assert group not in {os.getpgid(process.pid), os.getpgrp()}
    tell(process, b"")
    assert process.wait(patience(30)) == 0
    wait_until(lambda: not group_exists(group), "the end of the group")


def group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_stops_and_goes_on_with_us(offline: Runner) -> None:
    # As a shell starts it: in the shell's session, or the system ignores SIGTSTP.
    process = offline.start(*SH, "echo $$; read x; echo on", start_new_session=False, process_group=0)
    child = int(said(process.stdout))
    process.send_signal(signal.SIGTSTP)
    wait_until(lambda: state(child) == "T", "the command to stop")
    wait_until(lambda: state(process.pid) == "T", "the run to stop")
    process.send_signal(signal.SIGCONT)
    tell(process, b"")
    assert said(process.stdout) == b"on\n"
    assert process.wait(patience(30)) == 0


def state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def test_files_that_its_parent_left_open_are_open_for_it(offline: Runner) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as pipe:
        result = offline.run(*PYTHON, f"import os; os.write({writer}, b'jobserver')", pass_fds=[writer])
        os.close(writer)
        assert result.returncode == 0
        assert pipe.read() == b"jobserver"


def test_files_in_the_folder_are_not_taken_for_our_modules(offline: Runner) -> None:
    for name in ("grpc", "json", "asyncio", "millstream"):
        (offline.folder / f"{name}.py").write_text("raise SystemExit(99)")
    result = offline.run("--wait", "0", "-v", "--", "true")
    assert result.returncode == 0
    assert b"did not answer in time" in result.stderr


def test_where_nothing_can_be_recorded_the_command_still_runs(offline: Runner) -> None:
    offline.spool.write_text("in the way")
    result = offline.run(*SH, "echo built; exit 4")
    assert (result.returncode, result.stdout) == (4, b"built\n")
    assert b"this build is not recorded: " in result.stderr


def test_bad_usage_is_told_before_anything_runs(offline: Runner) -> None:
    result = offline.run("--address", "nonsense", "--", "touch", "ran")
    assert result.returncode == 2
    assert b"HOST:PORT" in result.stderr
    assert offline.run("--address", "127.0.0.1:1", "--db", "sqlite://", "--", "touch", "ran").returncode == 2
    assert offline.run().returncode == 2
    assert not (offline.folder / "ran").exists()


def test_a_full_disk_costs_lines_but_not_the_build(offline: Runner) -> None:
    arguments = offline.arguments(*SH, "seq 100000")
    result = subprocess.run(
        ["sh", "-c", 'ulimit -f 64; exec "$@"', "sh", *arguments],
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=offline.environment, cwd=offline.folder,
    )  # fmt: skip
    assert result.returncode == 0
    assert result.stdout == b"".join(b"%d\n" % number for number in range(1, 100_001))
