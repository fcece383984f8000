"""The processes of a measurement: a service, a floor, and generators of load. None of them shares a process.

The cycle of a generator: `prepare` hands it a load with its parameters; once it says that it is ready, `go` starts it
and `result` waits for what it found. It takes one load after the other, and ends when its input does.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, Self

import psutil

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 30.0
LISTENING = "listening on "
ANY_PORT = "127.0.0.1:0"
_QUIET_SHARE = 0.03
_QUIET_SECONDS = 0.25


class LoadError(Exception):
    """A process of the harness did not do what it should."""


class Process:
    """A Python module in a process of its own, and the lines that it prints."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        environment = {"GRPC_VERBOSITY": "ERROR"} | os.environ  # else it says of every restart that it saw it
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment
        )
        self._usage = psutil.Process(self._process.pid)
        self._selector = selectors.DefaultSelector()
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._pending = b""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it, in an orderly way where it can be."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._selector.close()

    def line(self, seconds: float) -> str:
        """Return the next line that it prints. Raises LoadError where none comes in time."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._pending:
            self._read(deadline - time.monotonic())
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode()

    def _read(self, seconds: float) -> None:
        if seconds <= 0 or not self._selector.select(seconds):
            raise LoadError(f"{self._command[2]} does not answer")
        assert self._process.stdout is not None
        data = os.read(self._process.stdout.fileno(), 1 << 20)
        if not data:
            raise LoadError(f"{self._command[2]} ended with status {self._process.wait()}")
        self._pending += data

    def say(self, line: str) -> None:
        """Write a line to its input."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def processor_seconds(self) -> float:
        """Return the processor time it has used so far, all threads together."""
        times = self._usage.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """Return the bytes of memory that it keeps to itself."""
        return int(self._usage.memory_info().rss - self._usage.memory_info().shared)

    def wait_until_quiet(self, seconds: float = 120.0) -> float:
        """Wait until it uses next to no processor, and return how long that took: work left behind is not free."""
        begun = time.monotonic()
        used = self.processor_seconds()
        while time.monotonic() - begun < seconds:
            time.sleep(_QUIET_SECONDS)
            now = self.processor_seconds()
            if now - used <= _QUIET_SHARE * _QUIET_SECONDS:
                return time.monotonic() - begun - _QUIET_SECONDS
            used = now
        raise LoadError(f"{self._command[2]} does not come to rest")


class Server(Process):
    """A process that says where it listens. `address` is what a client connects to."""

    address = ""

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            line = self.line(START_SECONDS)
            if not line.startswith(LISTENING):
                raise LoadError(f"expected {LISTENING!r}, got {line!r}")
        except BaseException:
            self.stop()
            raise
        self.address = line.removeprefix(LISTENING)
        return self


_TIMES_ASKED = 4


class TracedServer(Server):
    """A service that counts the statements that SQLite runs for it: see traced_service."""

    def statements(self) -> int:
        """Return how many there have been so far. Where no answer comes, it asks again."""
        for _ in range(_TIMES_ASKED - 1):
            self.send(signal.SIGUSR1)
            with suppress(LoadError):
                return int(self.line(START_SECONDS / _TIMES_ASKED))
        self.send(signal.SIGUSR1)
        return int(self.line(START_SECONDS / _TIMES_ASKED))


def service(database: Path | str, listen: str = ANY_PORT) -> Server:
    """Return a real service, on any free port by default, with the database at this path or URL."""
    return Server("millstream_service", *_arguments(database, listen))


def traced_service(database: Path) -> TracedServer:
    """Return a real service on a free port that counts what SQLite does."""
    return TracedServer("tests.load.traced_service", *_arguments(database, ANY_PORT))


def _arguments(database: Path | str, listen: str) -> tuple[str, ...]:
    return "--listen", listen, "--db", database if isinstance(database, str) else f"sqlite:///{database}"


def floor(kind: str, *arguments: str) -> Server:
    """Return a bare server: see floors."""
    return Server("tests.load.floors", kind, *arguments)


class Generator(Process):
    """A process that puts load on a server: see loads."""

    def __init__(self) -> None:
        super().__init__("tests.load.loads")

    def prepare(self, load: str, **parameters: object) -> None:
        """Hand it a load, and wait until it is ready."""
        self.begin(load, **parameters)
        self.wait_until_ready()

    def begin(self, load: str, **parameters: object) -> None:
        """Hand it a load."""
        self.say(json.dumps({"load": load} | parameters))

    def wait_until_ready(self) -> None:
        """Wait until it is connected and has made what it is going to send."""
        if (line := self.line(START_SECONDS)) != "ready":
            raise LoadError(f"expected 'ready', got {line!r}")

    def go(self) -> None:
        """Start the load."""
        self.say("go")

    def result(self, seconds: float = 600.0) -> dict[str, Any]:
        """Wait for the end of the load and return what it found."""
        found: dict[str, Any] = json.loads(self.line(seconds))
        return found

    def run(self, load: str, **parameters: object) -> dict[str, Any]:
        """Run a load by itself."""
        self.prepare(load, **parameters)
        self.go()
        return self.result()


Job = tuple[Generator, str, Mapping[str, object]]


@dataclass(frozen=True)
class Loaded:
    """What the generators found; the processor time that the server used, and how long it took, both in seconds."""

    results: list[dict[str, Any]]
    used: float
    took: float

    @property
    def result(self) -> dict[str, Any]:
        """What the first generator found."""
        return self.results[0]


def together(server: Server, jobs: Sequence[Job]) -> Loaded:
    """Put loads on a server at the same time, but those that name another; they start once all of them are ready."""
    for generator, load, parameters in jobs:
        generator.prepare(load, **{"address": server.address, **parameters})
    begun, used = time.monotonic(), server.processor_seconds()
    for generator, _, _ in jobs:
        generator.go()
    results = [generator.result() for generator, _, _ in jobs]
    return Loaded(results, server.processor_seconds() - used, time.monotonic() - begun)


def cost_text(figures: Sequence[Loaded], floors: Sequence[Loaded], count: str, unit: str) -> str:
    """Return what one unit cost the servers, in the middle, and how busy they were.

    A server that had time to spare was not what limited its rate: on two cores, often the client is.
    """
    figure, bare = (_cost(some, count) for some in (figures, floors))
    return f"processor time of the server for {unit}: {figure}; the floor's: {bare}"


def _cost(some: Sequence[Loaded], count: str) -> str:
    cost = median(one.used / sum(result.get(count, 0) for result in one.results) for one in some)
    return f"{1e6 * cost:,.3g} µs, {median(one.used / one.took for one in some):.0%} of a core"


class Crew:
    """Generators that are started when they are first asked for, and go on from one figure to the next."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._generators: list[Generator] = []

    def of(self, count: int) -> list[Generator]:
        """Return so many of them; always the same."""
        while len(self._generators) < count:
            self._generators.append(self._stack.enter_context(Generator()))
        return self._generators[:count]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()
