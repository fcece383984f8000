"""`millstream run` as a process, with folders of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from millstream.testing import MillstreamService
from tests.deadline import patience

CLI = [sys.executable, "-P", "-c", "from millstream.cli.app import main; main()"]
PATIENCE = 60.0
UNSET = ("MILLSTREAM_", "XDG_DATA_HOME", "XDG_STATE_HOME")
NOWHERE = "127.0.0.1:1"
"""An address at which nothing listens."""


class Runner:
    """Starts `millstream run` in a folder of its own, with a spool of its own."""

    def __init__(self, tmp_path: Path, address: str | None) -> None:
        self.folder = tmp_path / "work"
        self.folder.mkdir(exist_ok=True)
        self.spool = tmp_path / "spool"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(UNSET)}
        self.environment = kept | {"MILLSTREAM_SPOOL": str(self.spool), "HOME": str(tmp_path)}
        if address is not None:
            self.environment["MILLSTREAM_ADDRESS"] = address
        self._started: list[subprocess.Popen[bytes]] = []

    def arguments(self, *arguments: str) -> list[str]:
        """The command line of a run with these arguments."""
        return [*CLI, "run", *arguments]

    def run(self, *arguments: str, **options: Any) -> "subprocess.CompletedProcess[bytes]":
        """Run it to its end."""
        streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        if "input" not in options:
            streams["stdin"] = subprocess.DEVNULL
        return subprocess.run(
            self.arguments(*arguments),
            **(
                streams
                | {"cwd": self.folder, "env": self.environment, "timeout": patience(PATIENCE), "check": False}
                | options
            ),
        )

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
        """Start it; the test speaks to it by its stdin, stdout and stderr."""
        streams: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        defaults: dict[str, Any] = {"cwd": self.folder, "env": self.environment, "start_new_session": True}
        process = subprocess.Popen(self.arguments(*arguments), **(streams | defaults | options))
        self._started.append(process)
        return process

    def spooled(self) -> list[Path]:
        """The builds that wait in the spool."""
        return sorted(self.spool.iterdir()) if self.spool.exists() else []

    def close(self) -> None:
        """End what still runs."""
        for process in self._started:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()


@pytest.fixture
def offline(tmp_path: Path) -> Iterator[Runner]:
    """Runs for which there is no service."""
    runner = Runner(tmp_path, NOWHERE)
    yield runner
    runner.close()


@pytest.fixture
def runner(tmp_path: Path, millstream_service: MillstreamService) -> Iterator[Runner]:
    """Runs that are recorded by the service of the test."""
    runner = Runner(tmp_path, millstream_service.address)
    yield runner
    runner.close()


def said(pipe: IO[bytes] | None) -> bytes:
    """The next line of a process's output."""
    assert pipe is not None
    return pipe.readline()


def tell(process: "subprocess.Popen[bytes]", line: bytes) -> None:
    """Write a line to a process's input."""
    assert process.stdin is not None
    process.stdin.write(line + b"\n")
    process.stdin.flush()
