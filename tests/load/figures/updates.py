"""One value that is updated while some watch it: what the figures on fan-out and on latency share."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from millstream import Build
from millstream.builds.v1.backend_service_pb2 import StreamBuildRequest, UpdateBuildRequest
from tests.load.bench import Bench, free_port
from tests.load.loads.wire import packed
from tests.load.processes import Generator, Loaded, Server, together

_CHANNELS = 4
_UPDATES = 1_000


@dataclass(frozen=True)
class Updated:
    """What was found: deliveries a second, the seconds each took since its update was sent, a message's bytes."""

    rate: float
    times: list[float]
    size: int
    loaded: Loaded


@dataclass(frozen=True)
class Updates:
    """Some processes that subscribe, and the first of the crew, which updates.

    The next update is sent `pause` seconds after all subscribers have the one before. `watched`: they subscribe to this
    service, and not to the one that is written to.
    """

    bench: Bench
    crew: Sequence[Generator]
    build: str
    subscribers: int
    pause: float = 0.0
    watched: Server | None = None

    def of(self, service: Server) -> Updated:
        """Update the build's progress."""
        return self._measured(service, _progress(self.build))

    def bare(self, server: Server, size: int) -> Updated:
        """Hand as many bytes to a bare server."""
        return self._measured(server, [bytes(size)])

    def _measured(self, server: Server, requests: list[bytes]) -> Updated:
        port = free_port()
        watching = self._watching(port)
        publishing = {
            "method": "UpdateBuild",
            "requests": packed(requests),
            "port": port,
            "processes": len(watching),
            "seconds": self.bench.seconds,
            "pause": self.pause,
        }
        loaded = together(server, [(self.crew[0], "publish", publishing), *watching])
        published, *received = loaded.results
        times = [time for one in received for time in _latencies(published["sent"], one["arrivals"])]
        return Updated(len(times) / published["seconds"], times, received[0]["bytes"], loaded)

    def _watching(self, port: int) -> list[tuple[Generator, str, dict[str, Any]]]:
        watchers = self.crew[1:]
        parameters: dict[str, Any] = {
            "method": "StreamBuild",
            "request": packed([StreamBuildRequest(id=self.build).SerializeToString()])[0],
            "channels": _CHANNELS,
            "port": port,
        }
        if self.watched:
            parameters["address"] = self.watched.address
        share, rest = divmod(self.subscribers, len(watchers))
        return [
            (watcher, "subscribe", parameters | {"streams": share + (number < rest)})
            for number, watcher in enumerate(watchers)
            if share + (number < rest)
        ]


def _progress(build: str) -> list[bytes]:
    """Return updates that each change something, also after those of the last time."""
    return [
        UpdateBuildRequest(
            build=Build(id=build, progress=random.random()), update_mask=FieldMask(paths=["progress"])
        ).SerializeToString()
        for _ in range(_UPDATES)
    ]


def _latencies(sent: Sequence[float], arrivals: Sequence[Sequence[float]]) -> list[float]:
    return [arrived - sent[number] for number, times in enumerate(arrivals) for arrived in times]
