"""No statement of any RPC looks at more rows than it needs: each finds them by an index, and in their order."""

from collections.abc import AsyncIterator, Iterable
from itertools import chain
from typing import Any

import grpc
import pytest

from millstream.agents.v1.agent_service_pb2 import DESCRIPTOR as AGENTS
from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.builds.v1.backend_service_pb2 import DESCRIPTOR as BACKEND
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.common.v1.change_service_pb2 import DESCRIPTOR as CHANGE
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub
from millstream_service.store import registry
from millstream_service.store.agents.tables import INSTANCE_TIMES
from millstream_service.store.history import change_log
from tests.deadline import until, within
from tests.entities import revision
from tests.running import running
from tests.store import every_agent_call, every_call
from tests.store.every_call import Call
from tests.store.opening import beside
from tests.store.statements import Statements, plan, recorded

pytestmark = pytest.mark.slow

ALLOWED = {
    "SCAN projects USING INDEX ix_projects_by_time": "all projects are listed, a page at a time, in their order",
    "SCAN builds USING INDEX ix_builds_by_time": "all builds are listed, a page at a time, in their order",
    "SCAN crash_logs USING INDEX ix_crash_logs_by_time": "all crash reports are listed, a page at a time, in order",
    "SCAN build_log_chunks USING INDEX ix_build_log_chunks_unmerged": "the index has unmerged chunks alone",
    "SCAN versions": "the rows of the recursion, one a version",
    **{
        f"SCAN instances USING INDEX ix_instances_by_{time}": "all instances are listed, a page at a time, in an order"
        for time in INSTANCE_TIMES
    },
    "SCAN mcp_events USING INDEX ix_mcp_events_by_time": "the newest events are listed, a page at a time, in order",
    "SCAN relationships": "all relationships are the answer",
    "SCAN deletions USING INDEX ix_deletions_by_number": "whether there is any; some of them, oldest first",
    "SCAN config_entries USING INDEX sqlite_autoindex_config_entries_1": "all settings are listed, a page at a time",
    "SCAN line": "the rows of the recursion, one an ancestor",
    "SCAN store_state": "a table of one row",
    "SCAN alembic_version": "a table of one row",
}
"""Steps that go through all of something, each with the reason why that is right."""


async def _send(channel: grpc.aio.Channel, calls: Iterable[Call], statements: Statements) -> set[str]:
    stubs = (BackendServiceStub(channel), AgentServiceStub(channel), ChangeServiceStub(channel))
    done = set()
    for name, request in calls:
        statements.during = name
        method: Any = next(getattr(stub, name) for stub in stubs if hasattr(stub, name))
        await within(_answered(method(iter([request]) if name.startswith("Append") else request), name))
        done.add(name)
    return done


async def _answered(call: Any, name: str) -> None:
    """Wait for an answer, or for the first of a stream that does not end by itself."""
    if not isinstance(call, grpc.aio.StreamStreamCall | grpc.aio.UnaryStreamCall):
        await call
    elif name.startswith(("Append", "Search", "Tail")):
        assert [message async for message in call], f"{name} has found something"
    else:
        await call.read()
        call.cancel()


@pytest.fixture
async def statements(file_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Statements]:
    """The statements of every RPC, of merging and of compaction, and of starting anew."""
    monkeypatch.setattr(change_log, "_COMPACT_EVERY", 1)
    monkeypatch.setattr(change_log, "KEPT_REVISIONS", 10)
    monkeypatch.setattr(change_log, "KEPT_NANOSECONDS", 0)
    async with running(file_url):
        pass  # migrations read tables whole, once
    with recorded() as statements:
        async with running(file_url) as service, grpc.aio.insecure_channel(service.address) as channel:
            both = (every_call, every_agent_call)
            before = chain.from_iterable((calls.creations(), calls.reads(), calls.streams()) for calls in both)
            done = await _send(channel, chain.from_iterable(before), statements)
            newest = await revision(BackendServiceStub(channel))
            done |= await _send(
                channel, chain(every_call.feed(newest), *(calls.updates() for calls in both)), statements
            )
            statements.during = "merging"
            await until(lambda: any("DELETE FROM build_log_chunks" in sql for _, sql in statements), "a log was merged")
            done |= await _send(channel, chain(*(calls.deletions() for calls in both)), statements)
        statements.during = "the start"
        async with running(file_url):
            pass
        assert done == {
            method.name
            for file in (BACKEND, AGENTS, CHANGE)
            for service_ in file.services_by_name.values()
            for method in service_.methods
        }, "every RPC was called"
        yield statements


async def test_every_statement_finds_its_rows_by_an_index_in_their_order(statements: Statements, file_url: str) -> None:
    steps: dict[str, str] = {}
    with beside(file_url) as connection:
        for during, sql in statements:
            for step in (step.replace("COVERING ", "") for step in plan(connection, sql)):  # as SQLite's version has it
                steps.setdefault(step, f"{during}: {step}: {sql}")
    assert len(steps) > 20, "statements were recorded"
    scans = [text for step, text in steps.items() if step.startswith("SCAN ") and not _is_allowed(step)]
    sorts = [text for step, text in steps.items() if "TEMP B-TREE" in step]
    assert (scans, sorts) == ([], [])
    assert _unused(steps) == set(), "an exception that no statement needs is to go"


def _is_allowed(step: str) -> bool:
    if step.startswith("SCAN (subquery"):
        return True  # the rows of another part of the statement, whose own steps are looked at, too
    return step in ALLOWED or step == "SCAN CONSTANT ROW" or step.endswith("-ROW VALUES CLAUSE")


def _unused(steps: Iterable[str]) -> set[str]:
    return ALLOWED.keys() - set(steps)


@pytest.mark.parametrize("table", registry.tables(), ids=lambda table: str(table.name))
def test_what_is_deleted_with_a_row_is_found_by_an_index(table: Any) -> None:
    starts = [[column.name for column in index.columns] for index in table.indexes if not _is_partial(index)]
    starts.append([column.name for column in table.primary_key.columns])
    for foreign in table.foreign_key_constraints:
        names = list(foreign.column_keys)
        assert any(start[: len(names)] == names for start in starts), f"{table.name} has no index of {names}"


def _is_partial(index: Any) -> bool:
    return index.dialect_options["sqlite"]["where"] is not None
