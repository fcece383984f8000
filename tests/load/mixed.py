"""Everything at once, for some time: clients that record, watch, tail, follow and search, and broken ones beside them.

The cycle of `mixed`: recorder and verifier start, then the broken ones; every so often the process of some clients is
stopped in mid-stream, and killed later; once the recorder has ended, the verifier waits for the last that it wrote,
and what both have found is compared.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from signal import SIGKILL, SIGSTOP
from typing import Any

from millstream import Build, Client, Scheme
from millstream.builds.v1.backend_service_pb2 import StreamBuildRequest, StreamLatestBuildsRequest
from tests.load.bench import PROJECT, Bench
from tests.load.loads.wire import packed
from tests.load.processes import Generator, Server

_STALLED, _RECONNECTING, _VANISHING, _WATCHERS = 400, 100, 100, 50
_RECONNECT_SECONDS = 2.0
_VANISH_SECONDS = 30.0
_COME_BACK_SECONDS = 70.0
_LAST_SECONDS = 300.0
_numbers = count(1)


@dataclass(frozen=True)
class Mixed:
    """What was wrong; the seconds from each update's sending to its arrival; and how much was checked."""

    wrong: list[str]
    times: list[float]
    lines: int
    revisions: int
    searches: int
    reconnected: int

    @property
    def checked(self) -> int:
        """How many values, lines, revisions and searches there were."""
        return len(self.times) + self.lines + self.revisions + self.searches


def mixed(bench: Bench, server: Server, seconds: float) -> Mixed:
    """Put everything on a service that has the project `PROJECT`."""
    recorder, verifier, staller, reconnecter = bench.crew.of(4)
    scheme, watched = _new_scheme(server)
    common = {"address": server.address, "scheme": scheme, "watched": watched}
    watchers = bench.scaled(_WATCHERS, least=2)
    recorder.prepare("record", seconds=seconds, **common)
    verifier.prepare("verify", watchers=watchers, **common)
    end = time.monotonic() + seconds
    verifier.go()
    recorder.go()
    with _broken(bench, server, watched, staller, reconnecter) as results:
        _vanish(bench, server, watched, end)
        recorded = recorder.result(_LAST_SECONDS)
        seen = verifier.result(_LAST_SECONDS)
    wrong = seen["wrong"] + list(differences(recorded, seen))
    lines = sum(seen["lines"].values())
    return Mixed(wrong, seen["times"], lines, seen["revisions"], seen["searches"], len(results["times"]))


def _new_scheme(server: Server) -> tuple[str, str]:
    """Return the id of a new scheme without builds, and of a build elsewhere."""
    number = next(_numbers)
    with Client(server.address) as client:
        made = [
            client.builds.create_scheme(
                Scheme(id=f"{name}-{number}", project_bundle_identifier=PROJECT, name=name)
            ).scheme.id
            for name in ("recorded", "watched")
        ]
        return made[0], client.builds.create_build(Build(scheme_id=made[1], version_string="1.0")).build.id


def differences(recorded: dict[str, Any], seen: dict[str, Any]) -> Iterator[str]:
    """Yield what was written and not seen as it is."""
    for last in seen["lasts"]:
        if last != recorded["updates"]:
            yield f"a watcher's last value is {last}, not {recorded['updates']}"
    for build, lines in recorded["lines"].items():
        if seen["lines"].get(build) != lines:
            yield f"build {build} has {lines} lines, of which {seen['lines'].get(build)} were seen"


@contextmanager
def _broken(
    bench: Bench, server: Server, watched: str, staller: Generator, reconnecter: Generator
) -> Iterator[dict[str, Any]]:
    """Have clients that stall, and others that come and go. What the latter found is there once the block has ended."""
    latest = packed([StreamLatestBuildsRequest(project_id=PROJECT, limit=50).SerializeToString()])[0]
    staller.prepare(
        "stall",
        address=server.address,
        method="StreamLatestBuilds",
        request=latest,
        streams=bench.scaled(_STALLED, least=5),
        come_back_seconds=_COME_BACK_SECONDS,
    )
    clients = bench.scaled(_RECONNECTING, least=2)
    reconnecter.prepare("reconnect", clients=clients, pause=_RECONNECT_SECONDS, **_watching(server, watched))
    found: dict[str, Any] = {}
    yield found
    for generator in (staller, reconnecter):
        generator.go()
        found |= generator.result()


def _watching(server: Server, build: str) -> dict[str, str]:
    request = packed([StreamBuildRequest(id=build).SerializeToString()])[0]
    return {"address": server.address, "method": "StreamBuild", "request": request}


def _vanish(bench: Bench, server: Server, watched: str, end: float) -> None:
    """Until the end, have a process with streams stop without a word, and kill it when the next one has."""
    streams = bench.scaled(_VANISHING, least=2)
    with ExitStack() as last:
        while (left := end - time.monotonic()) > 0:
            with ExitStack() as stack:
                generator = stack.enter_context(Generator())
                generator.prepare("stall", streams=streams, **_watching(server, watched))
                generator.send(SIGSTOP)
                last.close()
                last.callback(stack.pop_all().close)
                last.callback(generator.send, SIGKILL)
            time.sleep(max(0.0, min(left, _VANISH_SECONDS)))
