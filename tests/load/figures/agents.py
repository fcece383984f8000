"""Coding agents: every single operation in a large store, instances created, events logged."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from millstream import Client
from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.agents.v1.instance_pb2 import Instance
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.agents.v1.relationship_pb2 import Relationship
from tests.load.bench import Bench
from tests.load.copies import multiply
from tests.load.loads.wire import packed
from tests.load.measures import Line, Times, alternate, middle
from tests.load.processes import Generator, Server, service
from tests.load.unary_calls import Calls

_INSTANCES, _EVENTS = 100_000, 1_000_000
_AN_ISSUE = 10
"""So many instances work on one issue."""
_CALLS = 500
"""So many requests of each kind."""
_CREATED, _AT_ONCE = 100, 32
_SERVICE = "/millstream.agents.v1.AgentService/"
_PROMISED_P50, _PROMISED_P99 = 0.003, 0.010
_PROMISED_CREATION = 0.1
_WRITERS, _PROMISED_GAIN = 8, 5.0
"""So many writers append at the same time, so many times as fast as events are logged one a call."""
Operations = dict[str, Sequence[Message]]


class Agents:
    """What operations on coding agents cost with 100,000 instances and 1,000,000 events in the store.

    One line an operation, one call at a time over one connection: the median, held against 3 ms, with the 99th
    percentile, held against 10 ms, in a line of its own for the slowest of them. Their instances lie all over the
    store. Then 100 instances created, 32 at once, against 0.1 s; and events logged, 32 at once, by the instances that
    are at work, the newest, against a bare server that answers the same path with the bytes of such an answer (see
    `unary`). At the end events are appended in batches of 500 over AppendMcpEvents, up to 16 on their way, by one
    writer and by eight, held against five times the rate at which they are logged one a call.

    The rows are copies of some that came through the service, made by SQL.
    """

    name = "agents"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Fill a store and measure in it."""
        instances, events = bench.scaled(_INSTANCES, least=1_000), bench.scaled(_EVENTS, least=10_000)
        [generator] = bench.crew.of(1)
        calls = bench.scaled(_CALLS, least=20)
        with bench.new_folder() as folder, service(_filled(folder / "agents.sqlite3", instances, events)) as server:
            operations = _operations(instances, calls)
            times = {
                name: _times(generator, server, name, islice(cycle(requests), calls))
                for name, requests in operations.items()
            }
            yield from (_line(name, found) for name, found in times.items())
            yield _slowest(times)
            yield _created(bench, generator, server)
            yield _logged(bench, generator, server, instances)
            yield from _appended(bench, generator, server, instances)


def _key(number: int) -> str:
    return f"work-{number // _AN_ISSUE + 1}-a{number % _AN_ISSUE + 1}"


def _operations(instances: int, calls: int) -> Operations:
    """Return some requests of each operation, spread over the store but for the newest instances."""
    spread = [number * 7919 % (instances - _AT_ONCE) for number in range(calls)]
    keys = [_key(number) for number in spread]
    issues = [GitHubIssue(repo_owner="octocat", repo_name="hello", number=n + 1, title="t") for n in range(calls)]
    pairs = list(zip(keys, keys[1:] + keys[:1], strict=True))
    waiting, started = "INSTANCE_STATUS_WAITING_REVIEW", "INSTANCE_STATUS_STARTED"
    lists: list[dict[str, Any]] = [
        {"order_by": order, "descending": descending, **wanted}
        for order in ("created_at", "last_activity", "terminated_at")
        for descending in (False, True)
        for wanted in ({}, {"statuses": [started]}, {"issue_number": 5}, {"parent_instance": keys[0]}, {"types": [1]})
    ]
    return {
        "CreateInstance": [pb.CreateInstanceRequest(instance=_instance(n)) for n in range(calls)],
        "GetInstance": [pb.GetInstanceRequest(id=key) for key in keys],
        "UpdateInstance": [
            pb.UpdateInstanceRequest(
                instance=Instance(id=key, pr_url=f"https://example.com/{n}"), update_mask={"paths": ["pr_url"]}
            )
            for n, key in enumerate(keys)
        ],
        "ListInstances": [pb.ListInstancesRequest(**fields) for fields in lists],
        "UpdateInstanceStatus": [
            pb.UpdateInstanceStatusRequest(id=key, status=status) for key in keys for status in (waiting, started)
        ][:calls],
        "LogMcpEvent": [pb.LogMcpEventRequest(mcp_event=_event(key)) for key in keys],
        "ListMcpEvents": [pb.ListMcpEventsRequest(instance_id=key) for key in keys],
        "ListRecentMcpEvents": [pb.ListRecentMcpEventsRequest(since={"seconds": 1})],
        "CreateRelationship": [
            pb.CreateRelationshipRequest(
                relationship=Relationship(
                    parent_instance=min(pair), child_instance=max(pair), type="RELATIONSHIP_TYPE_CREATED_FORK"
                )
            )
            for pair in pairs
        ],
        "ListRelationships": [pb.ListRelationshipsRequest(instance_id=key) for key in keys],
        "UpdateRelationship": [
            pb.UpdateRelationshipRequest(relationship=Relationship(id=n + 1, review_iteration=9)) for n in range(calls)
        ],
        "UpsertGitHubIssue": [pb.UpsertGitHubIssueRequest(github_issue=one) for one in issues],
        "GetGitHubIssue": [
            pb.GetGitHubIssueRequest(repo_owner="octocat", repo_name="hello", number=one.number) for one in issues[:100]
        ],
        "SyncGitHubIssues": [pb.SyncGitHubIssuesRequest(github_issues=issues[:20])],
        "SetConfig": [pb.SetConfigRequest(key=f"setting {n}", value="main") for n in range(calls)],
        "GetConfig": [pb.GetConfigRequest(key=f"setting {n}") for n in range(calls)],
        "ListConfig": [pb.ListConfigRequest()],
        "DeleteConfig": [pb.DeleteConfigRequest(key=f"setting {n}") for n in range(calls)],
        "DeleteInstance": [pb.DeleteInstanceRequest(id=key) for key in dict.fromkeys(keys)],
    }


def _instance(number: int) -> Instance:
    return Instance(
        issue_number=10**9 + number // _AN_ISSUE,
        worktree_path=f"/src/worktrees/{number}",
        branch_name=f"fix-{number}",
        base_branch="main",
        process_id=4711,
        system_prompt="You fix what is broken, and say what you did.",
    )


def _event(key: str) -> McpEvent:
    event = McpEvent(instance_id=key, tool_name="edit_file", success=True)
    event.metadata.update({"file": "src/main.py", "lines": 50})
    return event


def _sent(generator: Generator, server: Server, name: str, requests: Iterable[Message], at_once: int) -> dict[str, Any]:
    messages = packed([request.SerializeToString() for request in requests])
    parameters = {"method": _SERVICE + name, "requests": messages, "at_once": at_once}
    return generator.run("once", address=server.address, **parameters)


def _times(generator: Generator, server: Server, name: str, requests: Iterable[Message]) -> Times:
    return Times.of(_sent(generator, server, name, requests, 1)["times"])


def _line(name: str, times: Times) -> Line:
    value, promise = 1000 * times.p50, 1000 * _PROMISED_P50
    return Line(f"{name}, one at a time", " ms", value, promise, "the promise", 1.0, most=True, times=times)


def _slowest(times: dict[str, Times]) -> Line:
    name = max(times, key=lambda one: times[one].p99)
    value, promise = 1000 * times[name].p99, 1000 * _PROMISED_P99
    return Line(f"99th percentile of the slowest, {name}", " ms", value, promise, "the promise", 1.0, most=True)


def _created(bench: Bench, generator: Generator, server: Server) -> Line:
    requests = [pb.CreateInstanceRequest(instance=_instance(n)) for n in range(_CREATED)]
    runs = [_sent(generator, server, "CreateInstance", requests, _AT_ONCE)["seconds"] for _ in range(bench.rounds)]
    name = f"{_CREATED} instances created, {_AT_ONCE} at once"
    return Line(name, " s", middle(runs), _PROMISED_CREATION, "the promise", 1.0, most=True)


def _appended(bench: Bench, generator: Generator, server: Server, instances: int) -> Iterator[Line]:
    """Append with one writer, and with eight, and log in between."""
    keys = [_key(number) for number in range(instances - _AT_ONCE, instances)]
    requests = [packed([pb.LogMcpEventRequest(mcp_event=_event(key)).SerializeToString()]) for key in keys]
    [event] = packed([_event("").SerializeToString()])
    turns = count()

    def log() -> float:
        parameters = {"method": f"{_SERVICE}LogMcpEvent", "requests": requests, "seconds": bench.seconds}
        return float(generator.run("unary", address=server.address, **parameters)["rate"])

    def append(writers: int) -> float:
        parameters = {"instances": keys[:writers], "writer_id": f"load {next(turns)}", "event": event}
        found = generator.run("append_events", address=server.address, seconds=bench.seconds, **parameters)
        return float(found["rate"])

    for writers in (1, _WRITERS):
        floors, figures = alternate(bench.rounds, log, partial(append, writers))
        who = "1 writer" if writers == 1 else f"{writers} writers"
        floor = f"LogMcpEvent, {_AT_ONCE} at once"
        yield Line(f"events appended, {who}", "/s", middle(figures), middle(floors), floor, _PROMISED_GAIN)


def _logged(bench: Bench, generator: Generator, server: Server, instances: int) -> Line:
    keys = [_key(number) for number in range(instances - _AT_ONCE, instances)]
    requests = [packed([pb.LogMcpEventRequest(mcp_event=_event(key)).SerializeToString()]) for key in keys]
    answer = pb.LogMcpEventResponse(mcp_event=_event(keys[0]), revision=10_000)
    answer.mcp_event.id = _EVENTS
    answer.mcp_event.timestamp.GetCurrentTime()

    calls = Calls(
        f"events logged, {_AT_ONCE} at once", f"{_SERVICE}LogMcpEvent", requests, answer.SerializeToString(), 0.65
    )
    return calls.measured(bench, generator, server)


def _filled(path: Path, instances: int, events: int) -> Path:
    """Return a store with so many instances, ten an issue, all but the first of which it started, and their events."""
    with service(path) as server, Client(server.address) as client:
        template = client.agents.create_instance(_instance(0)).instance.id
        client.agents.log_mcp_event(_event(template))
    with closing(sqlite3.connect(path)) as connection:
        issue, number = f"((n - 1) / {_AN_ISSUE} + 1)", f"((n - 1) % {_AN_ISSUE} + 1)"
        instance = {
            "id": f"'work-' || {issue} || '-a' || {number}",
            "issue_number": issue,
            "agent_number": number,
            "parent_instance_id": f"CASE {number} WHEN 1 THEN NULL ELSE 'work-' || {issue} || '-a1' END",
            "created_at": "created_at + n",
            "last_activity": "last_activity + n",
        }
        multiply(connection, "instances", instances, instance)
        owner = f"(n * 7919 % {instances})"
        event = {
            "id": "id + n",
            "instance_id": f"'work-' || ({owner} / {_AN_ISSUE} + 1) || '-a' || ({owner} % {_AN_ISSUE} + 1)",
            "timestamp": "timestamp + n",
        }
        multiply(connection, "mcp_events", events, event)
        connection.execute("UPDATE counters SET value = ? WHERE name = 'mcp_events'", [events + 1])
        connection.commit()
    return path
