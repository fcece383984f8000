"""Readers that stall, vanish and reconnect, beside good ones."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from signal import SIGKILL, SIGSTOP

from millstream.builds.v1.backend_service_pb2 import StreamBuildRequest, StreamLatestBuildsRequest
from tests.load.bench import PROJECT, Bench, recorded
from tests.load.figures.streams.updates import Updated, Updates
from tests.load.loads.wire import packed
from tests.load.measures import Curve, Line, Times, alternate
from tests.load.memory import watched
from tests.load.processes import Generator, Server

_GOOD, _STALLED, _VANISHING, _RECONNECTING = 1_000, 400, 100, 100
_LISTED = 50
_PAUSE = 0.05
_RECONNECT_SECONDS = 1.0
_COME_BACK_SECONDS = 70.0
"""The service ends a stream that takes nothing for 60 s: then these come back, and stall again."""
_MAX_BYTES = 40_000_000
_LEAST_SECONDS = 6.0
"""Of a round: some 10 updates a second, and of fewer than some hundreds one would decide the 99th percentile."""


class BrokenReaders:
    """What 400 stalled readers cost a service, and its good readers.

    1,000 good readers watch a build, as in `latency`: the next update comes 50 ms after all have the one before, so
    no value is missed by anyone, or there is no figure. 400 others open StreamLatestBuilds(50), whose message of 13 kB
    every update changes, and take not even the first message; they are ended by the service after a minute, and come
    back. Lines: the most memory that the service needs for them, beside a promise, 40 MB in all; and the good
    readers' p99, beside that of a service without stalled readers, which takes turns.

    Then 100 more open a stream each and vanish: their process is stopped, so it says nothing and answers nothing, not
    even a ping; and 100 reconnect all the time, each about once a second. Lines: the good readers' p99 meanwhile, for
    information, for those who reconnect need a processor themselves; and the service's memory once all of them have
    gone, beside that of the other service, which only ever had the good ones.

    Both databases are in memory, where there is room: a disk that others share stands still for up to a second now and
    then, and a 99th percentile would say which side that hit. On such a disk it was 46, 61, 100 and 126 ms in four runs
    without stalled readers.
    """

    name = "broken-readers"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure it with and without."""
        crew = bench.crew.of(5)
        with ExitStack() as stack:
            bench = stack.enter_context(bench.in_memory())
            bench = replace(bench, seconds=max(bench.seconds, bench.scale * _LEAST_SECONDS))
            servers = [stack.enter_context(bench.service()) for _ in range(2)]
            quiet, busy = (_Side(bench, crew[:3], stack, server) for server in servers)
            yield from _lines(bench, quiet, busy, crew[3], crew[4])


class _Side:
    """A service with a build that good readers watch, and its memory once they have been there before."""

    def __init__(self, bench: Bench, crew: Sequence[Generator], stack: ExitStack, server: Server) -> None:
        _, builds = stack.enter_context(recorded(server, bench.scaled(_LISTED, least=2)))
        self.server = server
        self.good = bench.scaled(_GOOD, least=10)
        self.build = builds[-1]
        self._updates = Updates(bench, crew, self.build, self.good, _PAUSE)
        self.update()
        self.before = self.memory_at_rest()

    def update(self) -> Updated:
        """Update the build until the time is up."""
        return self._updates.of(self.server)

    def memory_at_rest(self) -> int:
        """Return the memory once nothing happens any more."""
        self.server.wait_until_quiet()
        return self.server.memory()


@dataclass(frozen=True)
class _Compared:
    without: Times
    stalled: Times
    bytes_in_all: float
    curves: tuple[Curve, ...]


def _lines(bench: Bench, quiet: _Side, busy: _Side, staller: Generator, reconnecter: Generator) -> Iterator[Line]:
    count = bench.scaled(_STALLED, least=10)
    with _stalled(staller, busy.server, count):
        found = _compared(bench, quiet, busy)
        name = f"{count:,} stalled readers: memory for all of them"
        in_all, promise = found.bytes_in_all / 1e6, _MAX_BYTES / 1e6
        yield Line(name, " MB", in_all, promise, "the promise", 1.0, most=True, count=count, curves=found.curves)
        name = f"p99 of {busy.good:,} good readers beside {count:,} stalled ones"
        yield _p99(name, found.stalled, found.without, target=1.3)
        others = bench.scaled(_VANISHING, least=5), bench.scaled(_RECONNECTING, least=5)
        with _vanished(busy, others[0]), _reconnecting(reconnecter, busy, others[1]) as first_messages:
            times = Times.of(busy.update().times)
    slowest = 1000 * Times.of(first_messages).p99
    note = f"those who reconnected got {len(first_messages)} first messages, p99 {slowest:.3g} ms"
    name = f"the same, {others[0]} more that vanish and {others[1]} that reconnect"
    yield _p99(name, times, found.without, note=note)
    after, without = busy.memory_at_rest() / 1e6, quiet.memory_at_rest() / 1e6
    yield Line("memory once they have all gone", " MB", after, without, "without them", 1.2, most=True)


def _compared(bench: Bench, quiet: _Side, busy: _Side) -> _Compared:
    with watched(quiet.server) as less, watched(busy.server) as more:
        floors, figures = alternate(bench.rounds, quiet.update, busy.update)
    in_all = (more.most - busy.before) - (less.most - quiet.before)
    without, stalled = (Times.of_all(one.times for one in some) for some in (floors, figures))
    return _Compared(without, stalled, max(in_all, 0.0), (more.curve("with stalled readers"), less.curve("without")))


def _p99(name: str, times: Times, without: Times, target: float | None = None, note: str = "") -> Line:
    return Line(
        name,
        " ms",
        1000 * times.p99,
        1000 * without.p99,
        "without them",
        target,
        most=True,
        times=times,
        floor_times=without,
        note=note,
    )


@contextmanager
def _stalled(generator: Generator, server: Server, count: int) -> Iterator[None]:
    request = StreamLatestBuildsRequest(project_id=PROJECT, limit=_LISTED)
    generator.prepare(
        "stall",
        address=server.address,
        method="StreamLatestBuilds",
        request=packed([request.SerializeToString()])[0],
        streams=count,
        come_back_seconds=_COME_BACK_SECONDS,
    )
    yield
    generator.go()
    generator.result()


def _watching(side: _Side) -> dict[str, str]:
    request = packed([StreamBuildRequest(id=side.build).SerializeToString()])[0]
    return {"address": side.server.address, "method": "StreamBuild", "request": request}


@contextmanager
def _vanished(side: _Side, count: int) -> Iterator[None]:
    """Have a process with streams stand still without a word; in the end it is killed."""
    with Generator() as generator:
        generator.prepare("stall", streams=count, **_watching(side))
        generator.send(SIGSTOP)
        yield
        generator.send(SIGKILL)


@contextmanager
def _reconnecting(generator: Generator, side: _Side, count: int) -> Iterator[list[float]]:
    """Have clients come and go; how long each waited for its first message is in the list once the block has ended."""
    times: list[float] = []
    generator.prepare("reconnect", clients=count, pause=_RECONNECT_SECONDS, **_watching(side))
    yield times
    generator.go()
    times += generator.result()["times"]
