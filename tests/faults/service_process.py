"""A real service in a process of its own, which may be killed, stopped, measured and started again."""

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import psutil

from tests.deadline import SECONDS, patience

MODULE = (sys.executable, "-m", "millstream_service")
COMMAND_LINE = (sys.executable, "-c", "from millstream.cli.app import main; main()", "serve")
_CONFIGURED = """
import json, sys
from millstream_service.__main__ import serve
from millstream_service.config import Config
sys.exit(serve(Config(**json.loads(sys.argv[1]))))
"""


class ServiceProcess:
    """One service. Once it has run, its address stays the same, also after a kill.

    `settings` are fields of Config that have no option on the command line. What it writes to stderr is kept over all
    its lives in the file `errors`.
    """

    def __init__(self, folder: Path, listen: str = "127.0.0.1:0", database: str | None = None) -> None:
        self.folder = folder
        self.address = listen
        self.path = folder / "millstream.sqlite3"
        self.database = database or f"sqlite:///{self.path}"
        self.settings: dict[str, float] = {}
        self.program: Sequence[str] = MODULE
        self.before: Callable[[], None] | None = None
        self._errors = folder / "stderr.txt"
        self._process: subprocess.Popen[str] | None = None

    @property
    def process(self) -> subprocess.Popen[str]:
        """The process of its newest life."""
        assert self._process is not None, "it was never started"
        return self._process

    @property
    def errors(self) -> str:
        """All that it wrote to stderr."""
        return self._errors.read_text() if self._errors.exists() else ""

    @property
    def last_error(self) -> str:
        """The last line that it wrote to stderr. gRPC may have written some of its own before."""
        return self.errors.rstrip("\n").rpartition("\n")[2]

    def spawn(self) -> None:
        """Start the process, without waiting for anything."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MILLSTREAM_")}
        with self._errors.open("a") as errors:
            self._process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
                preexec_fn=self.before,  # noqa: PLW1509 - set by tests that have no threads yet
            )

    def _command(self) -> Sequence[str]:
        if self.settings:
            fields = {"listen": self.address, "database": self.database} | self.settings
            return (sys.executable, "-c", _CONFIGURED, json.dumps(fields))
        return (*self.program, "--listen", self.address, "--db", self.database)

    def start(self) -> None:
        """Start it and wait until it takes calls."""
        self.spawn()
        line = _read_line(self.process.stdout, patience())
        assert line.startswith("listening on "), f"it did not start: {self.errors}"
        self.address = line.removeprefix("listening on ").strip()

    def kill(self) -> None:
        """End it with SIGKILL: no chance to tidy up."""
        self.process.kill()
        self.wait()

    def terminate(self) -> None:
        """Send SIGTERM, without waiting."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """End it in an orderly way; it must exit with 0."""
        self.terminate()
        assert self.wait() == 0, self.errors

    def wait(self, seconds: float = SECONDS) -> int:
        """Wait for its end and return its exit code."""
        code = self.process.wait(patience(seconds))
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def is_alive(self) -> bool:
        """Whether the process of its newest life still runs."""
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        """Leave nothing behind, however the test ended."""
        if self._process is not None:
            self._process.kill()
            self.wait()

    @property
    def memory(self) -> int:
        """Its resident memory, in bytes."""
        return int(psutil.Process(self.process.pid).memory_info().rss)


def _read_line(stream: IO[str] | None, seconds: float) -> str:
    assert stream is not None
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        assert selector.select(seconds), f"nothing was printed for {seconds:g} s"
    return stream.readline()
