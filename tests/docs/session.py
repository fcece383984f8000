"""A session at a terminal of 80 columns, as a guide shows it: commands one after the other, and programs in Python."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from tests.deadline import patience
from tests.run.terminal import Seat

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
BIN = Path(sys.executable).parent

_TIMES = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "DATE"),
    (re.compile(r"\d\d:\d\d:\d\d"), "TIME"),
    (re.compile(r"\b(now|\d+[smh]( ago)?)(?=\s|\)|$)"), "AGE"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDRESS"),
)


def normalize(text: str) -> list[str]:
    """Return what a text tells, line by line: without times, ports and the widths of columns."""
    for pattern, sign in _TIMES:
        text = pattern.sub(sign, text)
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Return the commands of a block, each with what is shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


class Session:
    """Runs what is typed, in a home of its own. A service that is started has a socket of its own.

    Three things are ours, where one process after the other would forget them: `export`, a service in the background
    (`&`) with its end (`kill %1`), and Ctrl-C for what goes on without end, once it has shown so much.
    """

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self._home = home
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("MILLSTREAM_", "XDG_"))}
        self._environment = {
            **ours,
            "HOME": str(home),
            "PATH": f"{BIN}:{ours['PATH']}",
            "TERM": "xterm-256color",
            "MILLSTREAM_LISTEN": f"unix:{home}/socket",
            **environment,
        }
        self._service: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_service()

    def run(self, command: str, shown: str) -> str:
        """Run a command; return what it shows, or its beginning where it goes on without end."""
        words = shlex.split(command)
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            self._environment[name] = value.replace("~", str(self._home))
            return ""
        if command == "kill %1":
            return self._end_service()
        if words[-1] == "&":
            return self._start_service(words[:-1], shown)
        return self._on_terminal(command, shown)

    def python(self, program: str) -> str:
        """Run a program; return what it prints."""
        command = [sys.executable, "-W", "error", "-X", "dev", "-c", program]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=patience(60))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _on_terminal(self, command: str, shown: str) -> str:
        with Seat(["bash", "-c", command], env=self._environment, cwd=self._home) as seat:
            if "--follow" in command:
                last = shown.rsplit(maxsplit=1)[-1].encode()
                seen = seat.wait_for(last) + last
                seat.press(b"\x03")
                assert seat.finish() == 130
                return _plain(seen)
            assert seat.finish() == 0, seat.seen
            return _plain(seat.seen)

    def _start_service(self, words: list[str], shown: str) -> str:
        """Start it at a socket of the session's own, where the guide shows the usual two places."""
        self._service = subprocess.Popen(words, env=self._environment, stdout=subprocess.PIPE, text=True)
        assert self._service.stdout is not None
        line = self._service.stdout.readline()
        assert line == f"listening on {self._environment['MILLSTREAM_LISTEN']}\n"
        self._environment["MILLSTREAM_ADDRESS"] = line.split()[-1]
        return shown

    def _end_service(self) -> str:
        if self._service is not None:
            self._service.send_signal(signal.SIGTERM)
            self._service.communicate(timeout=patience(30))
            del self._environment["MILLSTREAM_ADDRESS"]
        self._service = None
        return ""


def _plain(seen: bytes) -> str:
    return ESCAPES.sub("", seen.decode()).replace("\r\n", "\n")
