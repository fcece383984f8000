"""What is shown on a terminal of 80 columns."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from millstream import BuildLogEntry, BuildStatus
from tests.deadline import patience

MILLSTREAM = [sys.executable, "-c", "from millstream.cli.app import main; main()"]
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
DEADLINE = 30.0


class Terminal:
    """A command on a terminal of 80 columns and 24 lines."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
        self.process = subprocess.Popen(
            [*MILLSTREAM, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=inherited | {"TERM": "xterm-256color"} | environment,
        )
        os.close(slave)
        self.raw = ""

    @property
    def text(self) -> str:
        """All that was shown, without escape sequences."""
        return ESCAPES.sub("", self.raw)

    def wait_for(self, shown: str) -> None:
        """Read until this was shown."""
        until = time.monotonic() + patience(DEADLINE)
        while shown not in self.text:
            assert time.monotonic() < until, f"{shown!r} is not in {self.text!r}"
            assert self._read(until) or shown in self.text, f"{shown!r} is not in {self.text!r}"

    def end(self) -> int:
        """Read until the command ends, and return its exit code."""
        until = time.monotonic() + patience(DEADLINE)
        while self._read(until):
            assert time.monotonic() < until
        return self.process.wait(patience(DEADLINE))

    def close(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _read(self, until: float) -> bool:
        """Read what is there; False at the end."""
        if not select.select([self._master], [], [], max(until - time.monotonic(), 0))[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            return False
        self.raw += data.decode()
        return bool(data)


Open = Callable[..., Any]


@pytest.fixture
def on_terminal(millstream_service: Any) -> Open:
    @contextmanager
    def open_terminal(*arguments: str, **environment: str) -> Iterator[Terminal]:
        terminal = Terminal([*arguments, "--address", millstream_service.address], environment)
        try:
            yield terminal
        finally:
            terminal.close()

    return open_terminal


@pytest.fixture
def builds(recorded: Any) -> None:
    for number, status in enumerate(BuildStatus.values()[1:], 1):
        recorded.build(
            version_string="2.0.0-beta.14",
            build_number=12_000 + number,
            status=status,
            progress=0.4,
            commit_hash="0f3ac1e9988",
            lines=[BuildLogEntry(content="an error: of 100%", level="BUILD_LOG_LEVEL_ERROR")],
        )


def test_the_table_of_builds_fits(on_terminal: Open, builds: None) -> None:
    with on_terminal("builds") as terminal:
        assert terminal.end() == 0
        lines = terminal.text.splitlines()
        assert len(lines) == 6
        assert all(len(line) <= 80 for line in lines)
        assert "● running 40%" in terminal.text
        assert "\x1b[32m✓ completed" in terminal.raw


def test_who_wants_no_colour_gets_none(on_terminal: Open, builds: None) -> None:
    for command in (["builds"], ["tail", "latest"], ["search", "error"], ["show", "latest"]):
        with on_terminal(*command, NO_COLOR="1") as terminal:
            assert terminal.end() == 0
            assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", terminal.raw)


def test_a_watched_table_changes_in_place(on_terminal: Open, recorded: Any, builds: None) -> None:
    with on_terminal("builds", "--watch", "--limit", "2") as terminal:
        terminal.wait_for("2 builds, 0 under way. Ctrl-C to leave.")
        running = recorded.build(build_number=99, status=BuildStatus.BUILD_STATUS_RUNNING, progress=0.25)
        terminal.wait_for("● running 25%")
        running.progress = 0.75
        recorded.client.builds.update_build(running, ["progress"])
        terminal.wait_for("● running 75%")
        assert "\x1b[1A" in terminal.raw
        assert all(len(line) <= 80 for line in terminal.text.replace("\r", "\n").splitlines())
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 130
        assert "Traceback" not in terminal.text


def test_a_tail_shows_colours_and_how_the_build_is_doing(on_terminal: Open, recorded: Any) -> None:
    entries = [
        BuildLogEntry(content="all is well"),
        BuildLogEntry(content="look \x1b[2J here", level="BUILD_LOG_LEVEL_WARNING"),
    ]
    build = recorded.build(
        lines=entries, build_number=4, version_string="1.3.1", status=BuildStatus.BUILD_STATUS_RUNNING, progress=0.5
    )
    with on_terminal("tail", "latest") as terminal:
        terminal.wait_for("● running  ━━━━━━━━━━────────── 50%  2 lines  1 warning  zlib 1.3.1 #4")
        assert "\x1b[33mlook ␛[2J here\x1b[0m" in terminal.raw
        with recorded.client.builds.log_writer(build.id) as writer:
            writer.write("it broke", level=4)
        terminal.wait_for("3 lines  1 warning  1 error")
        build.status = BuildStatus.BUILD_STATUS_FAILED
        recorded.client.builds.update_build(build, ["status"])
        assert terminal.end() == 0
        assert "\x1b[31mit broke\x1b[0m" in terminal.raw
        assert terminal.text.endswith("\r✗ failed  3 lines  1 warning  1 error  zlib 1.3.1 #4\r\n")


def test_a_tail_that_is_broken_off_wipes_its_status_away(on_terminal: Open, recorded: Any) -> None:
    recorded.build(status=BuildStatus.BUILD_STATUS_RUNNING, progress=0.5)
    with on_terminal("tail", "latest") as terminal:
        terminal.wait_for("50%")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 130
        assert terminal.raw.endswith("\r\x1b[2K")


def test_a_search_shows_what_matched(on_terminal: Open, builds: None) -> None:
    with on_terminal("search", "ERROR", "-i", "--limit", "1") as terminal:
        assert terminal.end() == 0
        assert "an \x1b[1;31merror\x1b[0m: of 100%" in terminal.raw
        assert "stopped after 1 hit; --limit asks for more" in terminal.text
