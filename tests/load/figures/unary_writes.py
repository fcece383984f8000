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
from tests.load.measures import Line
from tests.load.unary_calls import Calls, Requests

AT_ONCE = 32
_STEPS = 100


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
            created = CreateBuildResponse(build=client.builds.get_build(builds[0]), revision=10_000)
            updated = UpdateBuildResponse(build=client.builds.get_build(builds[0]), revision=10_000)
            for method, requests, answer in (
                ("CreateBuild", creates(), created),
                ("UpdateBuild", _updates(builds), updated),
            ):
                calls = Calls(f"durable {method}, {AT_ONCE} at once", method, requests, answer.SerializeToString(), 0.7)
                yield calls.measured(bench, generator, service)


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
