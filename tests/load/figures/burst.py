"""Ten thousand streams at once."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.load.bench import Bench
from tests.load.measures import Line
from tests.load.processes import Generator, LoadError, Server, floor

_STREAMS = 10_000
_PROCESSES = 2
_MOST_BYTES = 25_000
_IDLE_SHARE = 0.01


@dataclass(frozen=True)
class _Opened:
    seconds: float
    bytes_each: float
    idle_share: float


class Burst:
    """What 10,000 streams cost that are opened in one burst, each of another value.

    Two processes open 5,000 StreamBuild streams each, over four connections, all at once, and wait for the first
    value of each; none may be refused. Lines: the memory that the service has then more than before, for each stream;
    how long the burst took; and how much processor the service uses while nothing happens.

    The floor of the first two is a bare server with as many streams that wait. The memory is also held against a
    plain promise, 25 kB, and the processor against 1 % of a core.
    """

    name = "burst"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Open them at a bare server and at the service."""
        count = bench.scaled(_STREAMS, least=100)
        crew = bench.crew.of(_PROCESSES)
        with floor("fanning-out") as bare:
            least = _opened(bench, bare, crew, count)
        with bench.service() as service:
            found = _opened(bench, service, crew, count)
        name = f"{count:,} streams in a burst"
        yield Line(f"{name}: memory of each", " B", found.bytes_each, least.bytes_each, "bare streams")
        yield Line(f"{name}: memory of each", " B", found.bytes_each, _MOST_BYTES, "the promise", 1.0, most=True)
        yield Line(f"{name}: until all are open", " s", found.seconds, least.seconds, "bare streams")
        share = 100 * found.idle_share
        yield Line(f"{name}: idle processor", " %", share, 100 * _IDLE_SHARE, "the promise", 1.0, most=True)


def _opened(bench: Bench, server: Server, crew: list[Generator], count: int) -> _Opened:
    server.wait_until_quiet()
    before = server.memory()
    begun = time.monotonic()
    for number, generator in enumerate(crew):
        generator.begin("hold", address=server.address, prefix=f"{number}-", streams=count // len(crew))
    for generator in crew:
        generator.wait_until_ready()
    took = time.monotonic() - begun
    server.wait_until_quiet()
    bytes_each = (server.memory() - before) / count
    used = server.processor_seconds()
    time.sleep(bench.seconds)
    idle = (server.processor_seconds() - used) / bench.seconds
    for generator in crew:
        generator.go()
    if refused := sum(generator.result()["refused"] for generator in crew):
        raise LoadError(f"{refused} of {count} streams were refused")
    return _Opened(took, bytes_each, idle)
