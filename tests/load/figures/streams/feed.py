"""The change feed at load."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from millstream import Build, Client, Project
from millstream.builds.v1.backend_service_pb2 import UpdateBuildRequest
from millstream.common.v1.change_service_pb2 import StreamChangesRequest
from millstream.errors import RevisionCompactedError
from millstream_service.store.database.database import Database
from millstream_service.store.history import change_log
from millstream_service.store.history.changes import Change, Operation
from tests.load.bench import Bench, recorded
from tests.load.figures.streams.updates import Updates
from tests.load.loads.following import PATH
from tests.load.loads.wire import packed
from tests.load.measures import Curve, Line, Times, alternate, middle
from tests.load.memory import watched
from tests.load.processes import Generator, LoadError, Server, floor, service

_PROCESSES = 2
_READERS, _REVISIONS, _GONE = 100, 3_000, 1_000
_CATCHING_UP = 10
_ROUNDS_SHARE = 0.4
_PAUSE = 0.02
_MAX_BYTES = 40_000_000
_END = "com.example.end"


class Feed:
    """What the change feed does with many readers, far behind and at its end, also across a restart.

    The change log begins with 3,000 revisions, of which the oldest 1,000 were compacted away. Each message is parsed,
    and its revision has to be the next one.

    Catching up: 10 readers read all 2,000 at once. The floor is a bare server that streams them the same messages from
    memory. Then 100 readers start at any revision; a build is updated up to 50 times a second while they catch up, and
    again once they have; the service is stopped and started again, and the updates go on. Lines: how long after its
    commit a revision arrives at a reader that has caught up, beside a bare fan-out of as many bytes to as many streams
    (from the sending of the call on); how many revisions were lost, repeated or out of order, of all that arrived:
    none may be; and the memory that the service needs for the readers, beside a promise. A reader from before the
    oldest revision has to be told REVISION_COMPACTED, or there is no figure.
    """

    name = "feed"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Fill a change log and read it."""
        crew = bench.crew.of(1 + _PROCESSES)
        gone, newest = bench.scaled(_GONE, least=10), bench.scaled(_REVISIONS, least=100)
        with bench.new_folder() as folder:
            database = folder / "millstream.sqlite3"
            _fill(database, newest, gone)
            with service(database) as server:
                _check_compacted(server, gone)
                yield _catching_up(bench, crew[1:], server, folder / "messages", gone, newest)
            yield from _lines(bench, crew, database, gone)


def _fill(path: Path, newest: int, gone: int) -> None:
    """Make a store whose change log has these revisions, but for the first."""
    database = Database(f"sqlite:///{path}").open()
    connection = database.connect_writer()
    with connection.begin():
        for number in range(newest):
            change_log.record(connection, [Change("builds", f"build-{number}", Operation.UPDATE, ("load", "project"))])
        change_log.compact(connection, gone, before=2**62)
    database.close()


def _check_compacted(server: Server, gone: int) -> None:
    with Client(server.address) as client:
        try:
            next(client.changes.stream_changes(gone - 1))
        except RevisionCompactedError as error:
            if error.metadata["oldest_revision"] != str(gone + 1):
                raise LoadError(f"the oldest revision is {gone + 1}, not {error.metadata}") from error
            return
    raise LoadError("a reader from before the oldest revision was not refused")


def _catching_up(bench: Bench, crew: Sequence[Generator], server: Server, path: Path, gone: int, newest: int) -> Line:
    count = newest - gone
    request = packed([StreamChangesRequest(after_revision=gone).SerializeToString()])[0]
    crew[0].run("drain", address=server.address, method=PATH, request=request, most=count, save=str(path))

    def catch_up(side: Server) -> float:
        parameters = {"address": side.address, "after": [gone] * (_CATCHING_UP // len(crew)), "until_revision": newest}
        results = _started(crew, parameters)
        return float(sum(one["messages"] for one in results) / max(one["seconds"] for one in results))

    with floor("replaying", str(path)) as bare:
        rounds = max(1, round(_ROUNDS_SHARE * bench.rounds))
        floors, figures = alternate(rounds, lambda: catch_up(bare), lambda: catch_up(server))
    name = f"feed: {_CATCHING_UP} readers catch up on {count:,} revisions"
    return Line(name, "/s", middle(figures), middle(floors), "the same messages from memory")


def _started(crew: Sequence[Generator], parameters: dict[str, Any]) -> list[dict[str, Any]]:
    for generator in crew:
        generator.prepare("follow", **parameters)
    for generator in crew:
        generator.go()
    return [generator.result() for generator in crew]


@dataclass(frozen=True)
class _Followed:
    """What the readers found, the revision up to which they caught up, and the service's memory that it took."""

    results: list[dict[str, Any]]
    build: str
    caught_up: int
    bytes_in_all: float
    curves: tuple[Curve, ...]


def _lines(bench: Bench, crew: Sequence[Generator], database: Path, gone: int) -> Iterator[Line]:
    readers = bench.scaled(_READERS, least=4)
    found = _followed(bench, crew, database, gone, readers)
    times = Times.of(
        [late for one in found.results for revision, late in one["arrivals"] if revision > found.caught_up]
    )
    with floor("fanning-out") as bare:
        bare_times = Times.of(Updates(bench, crew, found.build, readers, _PAUSE).bare(bare, 100).times)
    messages, wrong, breaks = (sum(one[name] for one in found.results) for name in ("messages", "wrong", "breaks"))
    name = f"feed: commit to {readers} readers"
    yield Line(
        name,
        " ms",
        1000 * times.p50,
        1000 * bare_times.p50,
        "bare fan-out",
        most=True,
        times=times,
        floor_times=bare_times,
    )
    name = "feed: revisions lost, repeated or out of order"
    note = f"the service was restarted; until it was there again, streams broke off {breaks} times"
    yield Line(name, "", wrong, messages, "all that arrived", 0.0, most=True, note=note)
    name = f"feed: memory for {readers} readers from anywhere"
    in_all, promise = found.bytes_in_all / 1e6, _MAX_BYTES / 1e6
    yield Line(name, " MB", in_all, promise, "the promise", 1.0, most=True, curves=found.curves)


def _followed(bench: Bench, crew: Sequence[Generator], database: Path, gone: int, readers: int) -> _Followed:
    """Read from any revision, while commits come, until after a restart."""
    writer, *followers = crew
    with service(database) as first:
        with recorded(first, 1) as (_, [build]):
            newest = _revision(first, build)
        first.wait_until_quiet()
        before, address = first.memory(), first.address
        for number, follower in enumerate(followers):
            share = readers // len(followers) + (number < readers % len(followers))
            after = random.Random(number).choices(range(gone, newest), k=share)
            follower.prepare("follow", address=address, after=after, until_key=_END, live_from=newest)
        with watched(first) as memory:
            for follower in followers:
                follower.go()
            _write(bench, writer, first, build)
            first.wait_until_quiet()
            caught_up = _revision(first, build)
            _write(bench, writer, first, build)
    with service(database, listen=address) as second:
        _write(bench, writer, second, build)
        with Client(address) as client:
            client.builds.create_project(Project(bundle_identifier=_END, name="the end"))
        results = [follower.result() for follower in followers]
    return _Followed(results, build, caught_up, memory.most - before, (memory.curve("while readers catch up"),))


def _revision(server: Server, build: str) -> int:
    """Return that of a commit made just now."""
    with Client(server.address) as client:
        return client.builds.update_build(Build(id=build, progress=random.random()), ["progress"]).revision


def _write(bench: Bench, writer: Generator, server: Server, build: str) -> None:
    """Update a build, one call after the other."""
    requests = [
        UpdateBuildRequest(
            build=Build(id=build, progress=random.random()), update_mask=FieldMask(paths=["progress"])
        ).SerializeToString()
        for _ in range(1_000)
    ]
    seconds = bench.seconds
    writer.run(
        "unary",
        address=server.address,
        method="UpdateBuild",
        requests=[packed(requests)],
        seconds=seconds,
        pause=_PAUSE,
    )
