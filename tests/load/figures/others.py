"""What others do while a quiet client is measured: see `interference`."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import Message

from millstream import Client
from millstream.agents.v1.agent_service_pb2 import LogMcpEventRequest
from millstream.agents.v1.instance_pb2 import Instance
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.common.v1.position_pb2 import StreamOptions
from tests.load.bench import Bench, a_build, recorded
from tests.load.copies import multiply
from tests.load.figures.logs.finished_log import finished_log
from tests.load.loads.disturbing import RESET_AT_ONCE
from tests.load.loads.wire import packed
from tests.load.processes import Generator, Server, service

_LOG_LINES = 600_000
_SCHEMES = 1_000
_DELETED = 20_000
"""Builds of each project that is deleted."""
_RESETS = 20_000
_METADATA_KEYS = 500_000
_AGENT = "work-1-a1"
_TEXT, _EXPRESSION = "-O3 -DLEVEL=4242", "CodeSign .*File[0-9]*42\\.c -O[23]"
_SEARCHED_AT_ONCE, _LISTED_AT_ONCE = 2, 20
_CLASSES = ("L", "Lu", "Ll", "Lo", "N", "S", "P", "M")
_CATEGORY = "compile"
_GROWS_SECONDS = 0.01
_ONCE_SECONDS = 3_600.0
"""A caller that pauses this long does a thing once."""


@dataclass(frozen=True)
class Stage:
    """A service and what is in it: `quiet` is the build that is read, `log` the build with a long log."""

    bench: Bench
    server: Server
    quiet: str
    log: str


@dataclass(frozen=True)
class Work:
    """What one process does: see the load `disturb`."""

    method: str
    requests: Sequence[Message]
    kind: str = "unary"
    at_once: int = 1
    pause: float = 0.0
    calls: int | None = None

    def begin(self, generator: Generator, server: Server) -> None:
        """Have a generator do it until it is stopped."""
        generator.prepare(
            "disturb",
            address=server.address,
            method=self.method,
            requests=packed([one.SerializeToString() for one in self.requests]),
            kind=self.kind,
            at_once=self.at_once,
            pause=self.pause,
            calls=self.calls,
        )


Others = Callable[[Stage, int], list[Work]]
"""What others do, each in a process of its own, in the round of this number."""


@contextmanager
def stage(bench: Bench, generator: Generator) -> Iterator[Stage]:
    """Give a service with a long log, with many schemes, and with projects that are to be deleted."""
    with bench.new_folder() as folder:
        path = folder / "millstream.sqlite3"
        with service(path) as server, recorded(server, 1) as (client, _):
            client.agents.create_instance(Instance(id=_AGENT, issue_number=1))
        _fill(path, bench.scaled(_SCHEMES, least=10), bench.scaled(_DELETED, least=50), 2 * bench.rounds)
        with service(path) as server, Client(server.address) as client:
            quiet, log = (client.builds.create_build(a_build()).build.id for _ in range(2))
            finished_log(server, generator, client, log, bench.scaled(_LOG_LINES, least=2_000), _CATEGORY)
            yield Stage(bench, server, quiet, log)


def _fill(path: Path, schemes: int, builds: int, projects: int) -> None:
    """Copy the one project, its scheme and its build: some projects with builds, and beside them schemes with one."""
    project = f"CASE WHEN n <= {projects} THEN 'deleted-' || (n - 1) ELSE project_bundle_identifier END"
    in_projects = projects * builds
    below = f"'deleted-' || (n % {projects})"
    build = {
        "id": "printf('build-%d', n)",
        "created_at": "created_at - n",
        "scheme_id": f"CASE WHEN n <= {in_projects} THEN {below} ELSE 'scheme-' || (n - {in_projects}) END",
        "project_bundle_identifier": f"CASE WHEN n <= {in_projects} THEN {below} ELSE project_bundle_identifier END",
    }
    scheme = f"CASE WHEN n <= {projects} THEN 'deleted-' || (n - 1) ELSE 'scheme-' || (n - {projects}) END"
    with closing(sqlite3.connect(path)) as connection:
        multiply(connection, "builds", in_projects + schemes, build)
        multiply(connection, "schemes", projects + schemes, {"id": scheme, "project_bundle_identifier": project})
        multiply(connection, "projects", projects, {"bundle_identifier": "'deleted-' || (n - 1)"})


def texts(on: Stage, _number: int) -> list[Work]:
    """Search for a text."""
    return [_searches([pb.SearchBuildLogsRequest(build_id=on.log, query=_TEXT)], _SEARCHED_AT_ONCE)]


def expressions(on: Stage, _number: int) -> list[Work]:
    """Search for an expression."""
    request = pb.SearchBuildLogsRequest(build_id=on.log, query=_EXPRESSION, regex=True)
    return [_searches([request], _SEARCHED_AT_ONCE)]


def large_expressions(on: Stage, _number: int) -> list[Work]:
    """Search for expressions that are short, and large once they are compiled; not the same soon again."""
    queries = [f"[\\p{{{name}}}]{{{times}}}" for times in range(150, 201) for name in _CLASSES]
    requests = [pb.SearchBuildLogsRequest(build_id=on.quiet, query=query, regex=True) for query in queries]
    return [_searches(requests, _LISTED_AT_ONCE)]


def _searches(requests: Sequence[Message], at_once: int) -> Work:
    return Work("SearchBuildLogs", requests, "drain", at_once)


def whole_lists(on: Stage, _number: int) -> list[Work]:
    """Watch the ids of a long log that grows, which come whole each time."""
    request = pb.StreamBuildLogIdsRequest(build_id=on.log)
    return [Work("StreamBuildLogIds", [request], "drain", 2), _growth(on)]


def new_lists(on: Stage, _number: int) -> list[Work]:
    """Begin to watch the ids of a long log that grows, again and again: they come whole the first time."""
    request = pb.StreamBuildLogIdsRequest(build_id=on.log, options=StreamOptions(append=True))
    return [Work("StreamBuildLogIds", [request], "first", 2), _growth(on)]


def new_filtered_lists(on: Stage, _number: int) -> list[Work]:
    """The same with the ids of a category."""
    options = StreamOptions(append=True)
    requests = [
        pb.StreamBuildLogIdsRequest(build_id=on.log, category=_CATEGORY, include_debug=debug, options=options)
        for debug in (False, True)
    ]
    return [Work("StreamBuildLogIds", requests, "first", 2)]


def _growth(on: Stage) -> Work:
    line = pb.CreateBuildLogRequest(build_log=BuildLog(build_id=on.log, content="more"))
    return Work("CreateBuildLog", [line], pause=_GROWS_SECONDS)


def metadata(on: Stage, _number: int) -> list[Work]:
    """Log events with very many keys of metadata."""
    event = McpEvent(instance_id=_AGENT, tool_name="search")
    event.metadata.update({f"key-{number:06}": None for number in range(on.bench.scaled(_METADATA_KEYS, least=10))})
    return [Work("/millstream.agents.v1.AgentService/LogMcpEvent", [LogMcpEventRequest(mcp_event=event)])]


def scheme_lists(on: Stage, _number: int) -> list[Work]:
    """List the builds of many schemes."""
    schemes = [f"scheme-{number + 1}" for number in range(on.bench.scaled(_SCHEMES, least=10))]
    return [Work("ListBuilds", [pb.ListBuildsRequest(scheme_ids=schemes)], at_once=_LISTED_AT_ONCE)]


def deletion(_on: Stage, number: int) -> list[Work]:
    """Delete a project with many builds: another one in each round."""
    return [Work("DeleteProject", [pb.DeleteProjectRequest(id=f"deleted-{number}")], pause=_ONCE_SECONDS)]


def more_deletion(on: Stage, number: int) -> list[Work]:
    """The same, of projects that are left then."""
    return deletion(on, on.bench.rounds + number)


def resets(on: Stage, _number: int) -> list[Work]:
    """Open streams, a thousand at a time, and give them up at once."""
    return [_resets(on)]


def some_resets(on: Stage) -> Work:
    """Do so with 20,000 streams, and end."""
    return _resets(on, on.bench.scaled(_RESETS, least=1_000) // RESET_AT_ONCE)


def _resets(on: Stage, calls: int | None = None) -> Work:
    return Work("StreamBuild", [pb.StreamBuildRequest(id=on.quiet)], "reset", calls=calls)
