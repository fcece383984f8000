"""The same from outside: calls and streams by ghz."""

from collections.abc import Iterator

from millstream.builds.v1.backend_service_pb2 import (
    CreateBuildRequest,
    CreateBuildResponse,
    TailBuildLogsRequest,
)
from tests.load.bench import Bench, a_build, recorded
from tests.load.figures.logs.finished_log import finished_log
from tests.load.ghz import Found, Ghz, times_of
from tests.load.measures import Line, alternate, middle
from tests.load.processes import Server, floor

_AT_ONCE = 32
_LINES = 1_000
_ROUNDS_SHARE = 0.6


class ByGhz:
    """Durable CreateBuild calls, and whole streams, by ghz: a load tool in Go that others wrote.

    32 calls at once over one connection: CreateBuild, and TailBuildLogs of a finished log of 1,000 lines from its
    first to its last. ghz parses what it gets. The floor is a bare server that answers with the same bytes. A client
    in Go leaves more of the machine to the server than ours in Python, so the ratios are harder on the service than
    those of `unary` and `replay`; they are for information, beside these. Where ghz can't be had, the run says so.
    """

    name = "ghz"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure both."""
        [generator] = bench.crew.of(1)
        with bench.new_folder() as folder, bench.service() as service, recorded(service, 1) as (client, [build]):
            ghz = Ghz(folder)
            create = CreateBuildRequest(build=a_build()).SerializeToString()
            answer = CreateBuildResponse(build=client.builds.get_build(build), revision=10_000).SerializeToString()
            with bench.answering(answer) as bare:
                yield _measured(bench, ghz, "CreateBuild", create, bare, service, "empty calls")
            log = finished_log(service, generator, client, build, bench.scaled(_LINES, least=100))
            log.save(generator, folder / "messages")
            tail = TailBuildLogsRequest(build_id=build).SerializeToString()
            with floor("replaying", str(folder / "messages")) as bare:
                yield _measured(bench, ghz, "TailBuildLogs", tail, bare, service, "the same messages from memory")


def _measured(
    bench: Bench, ghz: Ghz, method: str, request: bytes, bare: Server, service: Server, floor_name: str
) -> Line:
    def calls(server: Server) -> Found:
        return ghz.run(server.address, method, request, _AT_ONCE, bench.seconds)

    rounds = max(1, round(_ROUNDS_SHARE * bench.rounds))
    floors, figures = alternate(rounds, lambda: calls(bare), lambda: calls(service))
    return Line(
        f"ghz: {method}, {_AT_ONCE} at once",
        "/s",
        middle([one.rate for one in figures]),
        middle([one.rate for one in floors]),
        floor_name,
        times=times_of(figures),
        floor_times=times_of(floors),
    )
