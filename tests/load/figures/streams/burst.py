"""Ten thousand streams at once."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.load.bench import Bench
from tests.load.measures import Line, Times
from tests.load.processes import Generator, LoadError, Server, floor

_STREAMS = 10_000
_PROCESSES = 2
_MAX_BYTES = 25_000
_IDLE_SHARE = 0.01
_IDLE_ROUNDS = 3


@dataclass(frozen=True)
class _Opened:
    """`times`: of each stream, from the beginning of the burst to its first value. Of the rest: while nothing happens.

    `statements` that SQLite was asked to run, `seconds` that this was observed.
    """

    times: Times
    bytes_each: float
    idle_share: float
    statements: int
    seconds: float


class Burst:
    """What 10,000 streams cost that are opened in one burst, each of another value.

    Two processes open 5,000 StreamBuild streams each, over four connections, all at once, and wait for the first
    value of each; none may be refused. Lines: the memory that the service has then more than before, for each stream;
    how long the burst took (and of each stream, how long it waited); and while nothing happens, how much processor
    the service uses, and how many statements SQLite runs for it: SQLite counts them itself, on every connection.

    The floor of the first two is a bare server with as many streams that wait. The memory is also held against a
    plain promise, 25 kB, and the processor against 1 % of a core. A service that asked for each value once a second
    would run as many statements as there are streams: that is what ours stand beside, and they have to be none.
    """

    name = "burst"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Open them at a bare server and at the service."""
        count = bench.scaled(_STREAMS, least=100)
        crew = bench.crew.of(_PROCESSES)
        with floor("fanning-out") as bare:
            least = _opened(bench, bare, crew, count, lambda: 0)
        with bench.traced_service() as service:
            found = _opened(bench, service, crew, count, service.statements)
        name = f"{count:,} streams in a burst"
        yield _memory(name, count, found, least.bytes_each, "bare streams", None)
        yield _memory(name, count, found, _MAX_BYTES, "the promise", 1.0)
        yield Line(
            f"{name}: until all are open",
            " s",
            found.times.longest,
            least.times.longest,
            "bare streams",
            times=found.times,
            floor_times=least.times,
            count=count,
        )
        share, promise = 100 * found.idle_share, 100 * _IDLE_SHARE
        yield Line(f"{name}: idle processor", " %", share, promise, "the promise", 1.0, most=True, count=count)
        polls = count * found.seconds
        name = f"{name}: statements in {found.seconds:.3g} idle seconds"
        yield Line(name, "", found.statements, polls, "asking for each once a second", 0.0, most=True, count=count)


def _memory(name: str, count: int, found: _Opened, beside: float, beside_name: str, target: float | None) -> Line:
    return Line(f"{name}: memory of each", " B", found.bytes_each, beside, beside_name, target, most=True, count=count)


def _opened(bench: Bench, server: Server, crew: list[Generator], count: int, statements: Callable[[], int]) -> _Opened:
    server.wait_until_quiet()
    before = server.memory()
    for number, generator in enumerate(crew):
        generator.begin("hold", address=server.address, prefix=f"{number}-", streams=count // len(crew))
    for generator in crew:
        generator.wait_until_ready()
    server.wait_until_quiet()
    bytes_each = (server.memory() - before) / count
    begun, used, run = time.monotonic(), server.processor_seconds(), statements()
    time.sleep(_IDLE_ROUNDS * bench.seconds)
    idle, run, took = server.processor_seconds() - used, statements() - run, time.monotonic() - begun
    for generator in crew:
        generator.go()
    results = [generator.result() for generator in crew]
    if refused := sum(result["refused"] for result in results):
        raise LoadError(f"{refused} of {count} streams were refused")
    return _Opened(Times.of_all(result["times"] for result in results), bytes_each, idle / took, run, took)
