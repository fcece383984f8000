"""A server of some routes alone."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import grpc

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream_service.background import Supervisor
from millstream_service.rpc.call import Route
from millstream_service.rpc.calls import Calls
from millstream_service.rpc.door import Door
from millstream_service.rpc.interceptor import ErrorInterceptor, local_administrator
from millstream_service.rpc.routes import routes_of
from millstream_service.rpc.transports.grpcio import GrpcioTransport
from millstream_service.server import MAX_MESSAGE_BYTES, RPCS


def backend_routes(servicer: object) -> Iterable[Route]:
    """Return the routes of a servicer of BackendService."""
    interceptor = ErrorInterceptor(Calls(10, 10, 60, Supervisor()), local_administrator)
    return routes_of(pb.DESCRIPTOR.services_by_name["BackendService"], servicer, interceptor, Door(), RPCS)


@asynccontextmanager
async def serving(routes: Iterable[Route]) -> AsyncIterator[grpc.aio.Channel]:
    """Serve routes as long as the block runs; give a channel to them."""
    transport = GrpcioTransport(routes, MAX_MESSAGE_BYTES)
    port = transport.add_port("127.0.0.1:0")
    await transport.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        await transport.stop(0)
