"""One value that is updated while some watch it: what the figures on fan-out and on latency share."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from millstream import Build, Client
from millstream.builds.v1.backend_service_pb2 import StreamBuildRequest, UpdateBuildRequest, UpdateBuildResponse
from tests.load.bench import Bench, free_port
from tests.load.loads.wire import TIME, clock, packed, unpacked
from tests.load.processes import Generator, Loaded, Server, together

_CHANNELS = 4
_UPDATES = 1_000


@dataclass(frozen=True)
class Updated:
    """What was found: deliveries a second, the seconds each took since its update was sent, a message's bytes.

    `since_commit`: the seconds each took since `committed_at`, in which the commit itself is (a bare server's: since it
    had the update).
    """

    rate: float
    times: list[float]
    since_commit: list[float]
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
        return self._measured(service, _progress(self.build), partial(_committed, service))

    def bare(self, server: Server, size: int) -> Updated:
        """Hand as many bytes to a bare server."""
        return self._measured(server, [bytes(size)], lambda answers: [TIME.unpack(one)[0] for one in answers])

    def _measured(
        self, server: Server, requests: list[bytes], committed: Callable[[list[bytes]], list[float]]
    ) -> Updated:
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
        commits = committed(unpacked(published["answers"]))
        times, since_commit = (
            [time for one in received for time in _latencies(begun, one["arrivals"])]
            for begun in (published["sent"], commits)
        )
        return Updated(len(times) / published["seconds"], times, since_commit, received[0]["bytes"], loaded)

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


def _committed(service: Server, answers: list[bytes]) -> list[float]:
    """Return when updates were committed, by `clock`, as the feed says."""
    offset = time.time() - clock()
    revisions = [UpdateBuildResponse.FromString(answer).revision for answer in answers]
    times = {}
    with Client(service.address) as client, closing(client.changes.stream_changes(revisions[0] - 1)) as feed:
        while revisions[-1] not in times:
            commit = next(feed)
            times[commit.revision] = commit.committed_at.ToNanoseconds() / 1e9 - offset
    return [times[revision] for revision in revisions]


def _latencies(begun: Sequence[float], arrivals: Sequence[Sequence[float]]) -> list[float]:
    return [arrived - begun[number] for number, times in enumerate(arrivals) for arrived in times]
