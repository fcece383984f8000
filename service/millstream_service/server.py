"""The composition root: makes the parts of a service, starts them in order, and stops them in the reverse order."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any, Self

from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2

from millstream.agents.v1 import agent_service_pb2
from millstream.builds.v1 import backend_service_pb2
from millstream.common.v1 import change_service_pb2, error_reason_pb2, watch_service_pb2
from millstream_service.background import Supervisor
from millstream_service.collector import Collector
from millstream_service.config import Config
from millstream_service.convert.builds.fields import ENDED
from millstream_service.convert.logs.chunks import merge_chunks
from millstream_service.convert.logs.line_messages import COMPILED
from millstream_service.convert.positions import position_to_bytes
from millstream_service.handlers import change, watch
from millstream_service.handlers.agents import rpcs as agents_rpcs
from millstream_service.handlers.agents.agent import Agents
from millstream_service.handlers.builds import rpcs
from millstream_service.handlers.builds.backend import Backend
from millstream_service.handlers.change import ChangeFeed
from millstream_service.handlers.shared.dependencies import Dependencies
from millstream_service.handlers.shared.page_budget import PageBudget
from millstream_service.handlers.watch import WatchedStream, Watcher
from millstream_service.reactive.commits import Commits
from millstream_service.reactive.observatory import Observatory
from millstream_service.reactive.regions import EVERYTHING, Regions
from millstream_service.rpc.call import Route
from millstream_service.rpc.calls import Calls
from millstream_service.rpc.door import Door
from millstream_service.rpc.health import Health
from millstream_service.rpc.interceptor import ErrorInterceptor, Identify, local_administrator
from millstream_service.rpc.listening import Listening
from millstream_service.rpc.reflection import reflection_routes
from millstream_service.rpc.routes import foreign_routes_of, nested_streams_of, routes_of
from millstream_service.rpc.transports.choice import Transport, new_transport
from millstream_service.security.rpc_table import RpcTable
from millstream_service.security.tokens import TokenSigner
from millstream_service.store.agents import encryption
from millstream_service.store.database.database import Database
from millstream_service.store.database.file_guard import FileGuard
from millstream_service.store.entities.purging import Purger
from millstream_service.store.logs.expiry import Keep
from millstream_service.store.logs.merging import Merger
from millstream_service.store.logs.retention import Retention
from millstream_service.store.writing.writer import Writer

SERVICES = (
    backend_service_pb2.DESCRIPTOR.services_by_name["BackendService"],
    change_service_pb2.DESCRIPTOR.services_by_name["ChangeService"],
    agent_service_pb2.DESCRIPTOR.services_by_name["AgentService"],
    watch_service_pb2.DESCRIPTOR.services_by_name["WatchService"],
)
RPCS = RpcTable(rpcs.RPCS, change.RPCS, agents_rpcs.RPCS, watch.RPCS)
HEALTH: Any = health_pb2.DESCRIPTOR.services_by_name["Health"]
ERROR_FILES = (error_reason_pb2.DESCRIPTOR, error_details_pb2.DESCRIPTOR, status_pb2.DESCRIPTOR)
"""No service needs them, and clients ask for them: what stands in the details of errors."""
MAX_MESSAGE_BYTES = 8 << 20
"""Larger than what we accept: so that a line that is too long gets our error, not one of the transport's."""

_DAY_NANOSECONDS = 86_400 * 10**9
STATUS_SECONDS = 1.0
"""How long the last statuses have to go out, where a client does not take its own, or watches our health on."""


class Service:
    """One service. Enter it to have it listen at `addresses`; leaving it ends it in an orderly way.

    `identify` finds out who makes a call.
    """

    def __init__(self, config: Config, identify: Identify = local_administrator) -> None:
        self.config = config
        self._identify = identify
        self._listening = Listening(config.addresses, config.user_socket)
        self._stack = AsyncExitStack()
        self._supervisor: Supervisor
        self._database: Database

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it listens, once it does."""
        return self._listening.addresses

    @property
    def address(self) -> str:
        """The first of them."""
        return self.addresses[0] if self.addresses else ""

    @property
    def compiled(self) -> bool:
        """Whether what is written in C was compiled: logs are read and written slowly without it."""
        return COMPILED

    @property
    def why_alone(self) -> str | None:
        """Why no other process gets at the database while it is running; None where others may."""
        return self._database.file.why_alone

    async def __aenter__(self) -> Self:
        """Start. Raises what Database.open does, KeyRefusedError, CannotListenError; nothing is left running then."""
        try:
            await self._start(self._stack)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop: no new calls, streams end with SHUTTING_DOWN, writes that were accepted are answered."""
        await self._stack.aclose()

    async def until(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set. Raises ServiceFailedError as soon as a part of the service can't go on."""
        await self._supervisor.until(stop)

    async def _start(self, stack: AsyncExitStack) -> None:
        supervisor = self._supervisor = Supervisor()
        stack.enter_context(supervisor.watching_callbacks())
        collector = Collector(supervisor)
        collector.start()
        stack.push_async_callback(collector.close)
        stack.push_async_callback(self._listening.close)
        self._listening.claim()
        database = self._database = Database(self.config.database)
        await asyncio.to_thread(database.open)
        stack.push_async_callback(asyncio.to_thread, database.close)
        guard = FileGuard(database, supervisor)
        guard.start()
        stack.push_async_callback(guard.close)
        vault = await asyncio.to_thread(encryption.unlock, database, self.config.secret)
        regions = Regions()
        commits = Commits(database, regions, supervisor)
        await commits.start()
        stack.push_async_callback(commits.close)
        writer = Writer(database, commits.publish, supervisor)
        writer.start()
        stack.push_async_callback(writer.close)
        merger = Merger(database, writer, merge_chunks, supervisor)
        await merger.start()
        stack.push_async_callback(merger.close)
        purger = Purger(database, writer, supervisor)
        regions.add(purger, [EVERYTHING])
        purger.start()
        stack.push_async_callback(purger.close)
        if keep := _keep(self.config):
            retention = Retention(database, writer, keep, ENDED, supervisor)
            regions.add(retention, [EVERYTHING])
            retention.start()
            stack.push_async_callback(retention.close)
        signer = TokenSigner(database.store_id, database.secret)
        observatory = Observatory(database, regions, signer, position_to_bytes, supervisor)
        observatory.start()
        stack.push_async_callback(observatory.close)
        rounds = self.config.max_review_rounds
        dependencies = Dependencies(
            database,
            writer,
            merger,
            purger,
            regions,
            observatory,
            signer,
            vault,
            rounds,
            self.config.secrets_over_tcp,
            PageBudget(),
            draining=asyncio.Event(),
        )
        await self._serve(stack, dependencies)

    async def _serve(self, stack: AsyncExitStack, dependencies: Dependencies) -> None:
        config = self.config
        calls = Calls(config.max_streams, config.max_streams_of_one, config.slow_reader_seconds, self._supervisor)
        calls.start()
        stack.push_async_callback(calls.close)
        health = Health([one.full_name for one in (HEALTH, *SERVICES)], self._supervisor)
        routes = self._routes(dependencies, calls, health)
        transport = new_transport(config.transport, routes, MAX_MESSAGE_BYTES, self._supervisor, config.web_origins)
        self._listening.open(transport.add_port, self._supervisor)
        await transport.start()
        stack.push_async_callback(self._stop, transport, health, calls, dependencies)

    def _routes(self, dependencies: Dependencies, calls: Calls, health: Health) -> Iterator[Route]:
        interceptor, door = ErrorInterceptor(calls, self._identify), Door()
        queried = Backend(dependencies), ChangeFeed(dependencies, RPCS), Agents(dependencies)
        streams = {
            method.input_type.full_name: WatchedStream(method.output_type.full_name, run)
            for descriptor, servicer in zip(SERVICES, queried, strict=False)
            for method, run in nested_streams_of(descriptor, servicer, interceptor, door, RPCS)
        }
        servicers = *queried, Watcher(streams)
        for descriptor, servicer in zip(SERVICES, servicers, strict=True):
            yield from routes_of(descriptor, servicer, interceptor, door, RPCS)
        yield from foreign_routes_of(HEALTH, health)
        yield from reflection_routes((HEALTH, *SERVICES), ERROR_FILES)

    async def _stop(self, transport: Transport, health: Health, calls: Calls, dependencies: Dependencies) -> None:
        health.close()
        dependencies.draining.set()
        await calls.drain(self.config.drain_seconds)
        await transport.stop(STATUS_SECONDS)


def _keep(config: Config) -> Keep:
    nanoseconds = None if config.keep_logs_days is None else config.keep_logs_days * _DAY_NANOSECONDS
    return Keep(nanoseconds, config.keep_logs_builds, config.keep_logs_size)
