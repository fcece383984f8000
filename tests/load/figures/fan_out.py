"""One update to many subscribers."""

from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.field_mask_pb2 import FieldMask

from millstream import Build
from millstream.builds.v1.backend_service_pb2 import StreamBuildRequest, UpdateBuildRequest
from tests.load.bench import Bench, free_port, recorded
from tests.load.loads.wire import packed
from tests.load.measures import Line, Times, alternate, middle
from tests.load.processes import Generator, Loaded, Server, busy_text, floor, generators, together

_PROCESSES = 2
_CHANNELS = 4
_STEPS = 1_000
_SUBSCRIBERS = 1_000


@dataclass(frozen=True)
class _Found:
    rate: float
    times: list[float]
    size: int
    loaded: Loaded


class FanOut:
    """How many deliveries a second a service makes when one value changes that 1,000 streams watch.

    Two processes with 500 StreamBuild streams each, over four connections a process; a third sends UpdateBuild, and
    the next one once all 1,000 have the one before: so every update reaches everyone, and the commit counts as well.
    The times are from the sending of the update to its arrival, of each delivery.

    The floor is a bare server that hands the bytes of a unary call to 1,000 waiting streams, with the same clients,
    the same size of message and the same waiting: what the runtime needs to write so many messages.
    """

    name = "fan-out"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure it."""
        with bench.service() as service, generators(1 + _PROCESSES) as crew, recorded(service, 1) as (_, [build]):
            yield measure(bench, service, crew, build, bench.scaled(_SUBSCRIBERS, least=10))


def measure(bench: Bench, service: Server, crew: list[Generator], build: str, subscribers: int) -> Line:
    """Measure with so many subscribers."""
    request = StreamBuildRequest(id=build).SerializeToString()
    updates = [
        UpdateBuildRequest(build=Build(id=build, progress=n / _STEPS), update_mask=FieldMask(paths=["progress"]))
        for n in range(1, _STEPS + 1)
    ]
    requests = [update.SerializeToString() for update in updates]
    size = updated(bench, service, crew, request, requests, subscribers).size
    with floor("fanning-out") as bare:
        floors, figures = alternate(
            bench.rounds,
            lambda: updated(bench, bare, crew, request, [bytes(size)], subscribers),
            lambda: updated(bench, service, crew, request, requests, subscribers),
        )
    return Line(
        f"one update to {subscribers:,} subscribers",
        "deliveries/s",
        middle([found.rate for found in figures]),
        middle([found.rate for found in floors]),
        "bare fan-out",
        target=0.8,
        times=Times.of([time for found in figures for time in found.times]),
        floor_times=Times.of([time for found in floors for time in found.times]),
        note=f"{size} bytes each; {busy_text([one.loaded for one in figures], [one.loaded for one in floors])}",
    )


def updated(
    bench: Bench, server: Server, crew: list[Generator], request: bytes, requests: list[bytes], subscribers: int
) -> _Found:
    """Update one value again and again, each time until all have it."""
    port = free_port()
    publisher, *watchers = crew
    [watch] = packed([request])
    shares = [subscribers // len(watchers) + (n < subscribers % len(watchers)) for n in range(len(watchers))]
    watching = [
        (
            watcher,
            "subscribe",
            {
                "method": "StreamBuild",
                "request": watch,
                "streams": share,
                "channels": _CHANNELS,
                "port": port,
                "seconds": bench.seconds,
                "keep_times": True,
            },
        )
        for watcher, share in zip(watchers, shares, strict=True)
        if share
    ]
    publishing = {
        "method": "UpdateBuild",
        "requests": packed(requests),
        "port": port,
        "processes": len(watching),
        "seconds": bench.seconds,
    }
    loaded = together(server, [(publisher, "publish", publishing), *watching])
    published, *received = loaded.results
    sent = published["sent"]
    times = [
        arrived - sent[number]
        for one in received
        for number, arrivals in enumerate(one["arrivals"])
        for arrived in arrivals
    ]
    return _Found(len(times) / published["seconds"], times, received[0]["bytes"], loaded)
