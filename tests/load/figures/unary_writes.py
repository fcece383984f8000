"""Durable unary writes."""

from collections.abc import Iterator, Sequence

from google.protobuf.field_mask_pb2 import FieldMask

from millstream import Build
from millstream.builds.v1.backend_service_pb2 import (
    CreateBuildRequest,
    CreateBuildResponse,
    UpdateBuildRequest,
    UpdateBuildResponse,
)
from tests.load.bench import Bench, a_build, recorded
from tests.load.loads.wire import packed
from tests.load.measures import Line, Times, alternate, middle
from tests.load.processes import Generator, Loaded, Server, cost_text, together

AT_ONCE = 32
_STEPS = 100
Requests = list[list[str]]


class UnaryWrites:
    """How many durable writes a service answers in a second, 32 calls at once over one connection.

    Two lines: CreateBuild, a new row with its indexes; UpdateBuild, the progress of 32 running builds, each call to
    another value, so that each is a write. Each answer says that the write is on the disk.

    The floor is a bare server that answers the same path with the bytes of such an answer, from the same client: what
    a call costs on this runtime when nothing is behind it. No service can answer faster; what is left between the two
    is parsing, checking, SQL, and the disk.
    """

    name = "unary"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure both writes."""
        [generator] = bench.crew.of(1)
        with bench.service() as service, recorded(service, AT_ONCE) as (client, builds):
            created = CreateBuildResponse(build=client.get_build(builds[0]), revision=10_000)
            updated = UpdateBuildResponse(build=client.get_build(builds[0]), revision=10_000)
            yield _measure(bench, "CreateBuild", generator, service, creates(), created.SerializeToString())
            yield _measure(bench, "UpdateBuild", generator, service, _updates(builds), updated.SerializeToString())


def creates() -> Requests:
    """Return what each of the callers sends, again and again."""
    request = packed([CreateBuildRequest(build=a_build()).SerializeToString()])
    return [request] * AT_ONCE


def _updates(builds: Sequence[str]) -> Requests:
    return [
        packed(
            [
                UpdateBuildRequest(
                    build=Build(id=build, progress=step / _STEPS), update_mask=FieldMask(paths=["progress"])
                ).SerializeToString()
                for step in range(1, _STEPS + 1)
            ]
        )
        for build in builds
    ]


def _measure(
    bench: Bench, method: str, generator: Generator, service: Server, requests: Requests, answer: bytes
) -> Line:
    def calls(server: Server) -> Loaded:
        parameters = {"method": method, "requests": requests, "seconds": bench.seconds}
        return together(server, [(generator, "unary", parameters)])

    with bench.answering(answer) as bare:
        floors, figures = alternate(bench.rounds, lambda: calls(bare), lambda: calls(service))
    return Line(
        f"durable {method}, {AT_ONCE} at once",
        "/s",
        middle([one.result["rate"] for one in figures]),
        middle([one.result["rate"] for one in floors]),
        "empty calls",
        target=0.7,
        times=Times.of_all(one.result["times"] for one in figures),
        floor_times=Times.of_all(one.result["times"] for one in floors),
        note=cost_text(figures, floors, "calls", "a call"),
    )
