"""Streams under test while a store is written to: what state machines of any domain share.

First value at once; a new value after each relevant commit; none after an irrelevant one; the last value always;
`unchanged` on resume; never the same value twice. `watches` says how each of these is checked. That nothing came is
proven by a barrier: a commit to a sentinel, whose value comes when those of all commits before it have come. It is a
setting, since no list has settings.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any, ClassVar, TypeVar

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from millstream.agents.v1 import agent_service_pb2 as agent_pb
from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.agents.v1.config_entry_pb2 import ConfigEntry
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from tests.databases import Kind, NewUrl
from tests.deadline import within
from tests.reactive.tables import Outcome
from tests.reactive.watches import Subject, Watch, Watched
from tests.refusal import refusal_of
from tests.running import none_left, running
from tests.stubs import Agents, Backend
from tests.thorough import PHASES, THOROUGH

T = TypeVar("T")
SENTINEL = "sentinel"
patient = pytest.mark.timeout(3600 if THOROUGH else 120)
watched = st.integers(0, 10**6)
dice = st.integers(0, 2).map(lambda number: number == 0)
"""For what takes much with it: were it not rare, the store would be empty most of the time."""
settles = st.sampled_from([True, True, False])
"""Whether to wait for the values of a commit, or to go on at once: then values are conflated."""


def masks(*names: str) -> st.SearchStrategy[Any]:
    """No mask, or some of these paths."""
    some = st.lists(st.sampled_from(names), min_size=1, unique=True).map(lambda paths: {"paths": paths})
    return st.one_of(st.none(), some)


class _Sentinel:
    """What the sentinel's stream should show: the setting as the service answered when it was last set."""

    def __init__(self) -> None:
        self.ticks = 0
        self.stored: ConfigEntry | None = None

    def StreamConfig(self, _request: agent_pb.StreamConfigRequest) -> agent_pb.StreamConfigResponse:
        return agent_pb.StreamConfigResponse(config_entry=self.stored)


class WatchingMachine(RuleBasedStateMachine):
    """Writes, disconnects, and restarts where the database outlives them. `model` says what is right."""

    configured: ClassVar[dict[str, Any]] = {}
    """What the service is configured with."""

    def __init__(self, url: str, model: Any, watches: Sequence[Watched]) -> None:
        super().__init__()
        self.url = url
        self.model = model
        self.watches = watches
        self.barrier = _Sentinel()
        self.sentinel = Watch(Subject(agent_pb.StreamConfigRequest(key=SENTINEL)))
        self.revision = 0
        self.failed = False
        self.runner = asyncio.Runner()
        self.service = AsyncExitStack()
        self.channel: grpc.aio.Channel
        self.backend: Backend
        self.agents: Agents
        self.run(self._start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self.runner.run(within(work))
        except BaseException:
            self.failed = True
            raise

    async def _start(self) -> None:
        service = await self.service.enter_async_context(running(self.url, **self.configured))
        self.channel = grpc.aio.insecure_channel(service.address)
        self.backend, self.agents = BackendServiceStub(self.channel), AgentServiceStub(self.channel)

    def begin_watching(self) -> None:
        """Open all streams: of what they watch the store has nothing yet."""
        self.note(self.revision)
        self.sentinel.note(self.revision, self.barrier)
        self.run(self._reopen([*self.watches, self.sentinel], resume=False))

    def note(self, revision: int) -> None:
        """Take note of a commit of the model."""
        self.revision = revision
        for watch in self.watches:
            watch.note(revision, self.model)

    # Writing: over the wire and in the model, which must agree on how it ends.

    def write(self, rpc: str, request: Any, *, settle: bool = True) -> None:
        self.run(self._write(rpc, request))
        if settle:
            self.run(self.settle())

    async def _write(self, rpc: str, request: Any) -> None:
        try:
            answer, revision = await self.call(rpc, request)
        except grpc.aio.AioRpcError as error:
            refusal = refusal_of(error)
            expected = self.outcome(rpc, request, None)
            if refusal.reason != expected:
                raise AssertionError(f"{refusal} came where it should have been: {expected}") from None
            return
        expected = self.outcome(rpc, request, answer)
        assert not isinstance(expected, str), f"must be refused with {expected}"
        counted = self.revision + expected
        assert revision in (None, counted), "a commit counts up by one, what changes nothing does not"
        self.note(counted)

    async def call(self, rpc: str, request: Any) -> tuple[Any, int | None]:
        """Return the answer of a write, and the revision that it tells, if it does."""
        answer = await getattr(self.stub_of(rpc), rpc)(request)
        return answer, answer.revision

    def stub_of(self, rpc: str) -> Any:
        """Return the stub of the service that has the RPC."""
        return self.backend if hasattr(self.backend, rpc) else self.agents

    def outcome(self, rpc: str, request: Any, answer: Any | None) -> Outcome:
        """Write to the model. `answer` is the service's, where it did not refuse."""
        del answer
        outcome: Outcome = getattr(self.model, rpc)(request)
        return outcome

    async def settle(self) -> None:
        """See the last values come, and, once the sentinel's came as well, that nothing else did."""
        for watch in self.watches:
            await watch.settle()
        self.barrier.ticks += 1
        request = agent_pb.SetConfigRequest(key=SENTINEL, value=f"tick {self.barrier.ticks}")
        answer = await self.agents.SetConfig(request)
        self.revision, self.barrier.stored = answer.revision, answer.config_entry
        self.sentinel.note(self.revision, self.barrier)
        for watch in (self.sentinel, *self.watches):
            await watch.settle()

    # Rules: how clients come and go.

    @rule(number=watched)
    def disconnect(self, number: int) -> None:
        """Every third one goes: of one alone, seldom anything would have changed until it comes back."""
        for watch in self.watches[number % 3 :: 3]:
            self.run(watch.close())

    @rule(number=watched, resume=st.sampled_from([True, True, False]))
    def reconnect(self, number: int, resume: bool) -> None:
        watch = self.watches[number % len(self.watches)]
        self.run(watch.close())
        self.run(self._reopen([watch], resume=resume))

    @rule(resume=st.sampled_from([True, True, False]))
    def reconnect_all(self, resume: bool) -> None:
        self.run(self._reopen(self.closed, resume=resume))

    @property
    def closed(self) -> list[Watched]:
        """Those whose client has no call under way."""
        return [watch for watch in self.watches if not watch.is_open]

    async def _reopen(self, watches: Sequence[Watched], *, resume: bool) -> None:
        for watch in watches:
            watch.open(self.stub_of(watch.subject.rpc), resume=resume)
        for watch in watches:
            await watch.settle()

    @precondition(lambda self: "memdb" not in self.url)
    @rule()
    def restart(self) -> None:
        """The service ends all streams; each is resumed by its token at the next one on the same database."""
        self.run(self._restart())

    async def _restart(self) -> None:
        watches = [watch for watch in (*self.watches, self.sentinel) if watch.is_open]
        await self.service.aclose()
        for watch in watches:
            await watch.ended("SHUTTING_DOWN")
        await self.channel.close()
        await self._start()
        await self._reopen(watches, resume=True)

    def teardown(self) -> None:
        try:
            if not self.failed:
                self.run(self.settle())
            self.run(self._end())
        finally:
            self.runner.close()

    async def _end(self) -> None:
        for watch in (*self.watches, self.sentinel):
            await watch.close(check=not self.failed)
        await self.channel.close()
        await self.service.aclose()
        await none_left(set(), "the service has ended")


def streams_of(service: ServiceDescriptor) -> set[str]:
    """Return the names of a service's streams."""
    return {method.name for method in service.methods if method.name.startswith("Stream")}


def check_streams(machine: Callable[[str], WatchingMachine], kind: Kind, new_url: NewUrl) -> None:
    """Run examples of a machine, each on a new database of this kind."""
    make: Any = lambda: machine(new_url())  # noqa: E731 - declared as a class, used as a maker
    examples = {"memory": 8, "file": 4, "postgres": 2}[kind]
    run_state_machine_as_test(
        make,
        settings=settings(
            max_examples=examples * 20 if THOROUGH else examples,
            stateful_step_count=60 if THOROUGH else 40,
            suppress_health_check=list(HealthCheck),
            phases=PHASES,
            report_multiple_bugs=False,
        ),
    )
