"""Errors become statuses, wherever in a call they come up, on the wire."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream_service import errors
from millstream_service.background import Supervisor
from millstream_service.rpc.calls import Calls
from millstream_service.rpc.interceptor import ErrorInterceptor, local_administrator
from millstream_service.rpc.transports import grpcio
from tests.deadline import until
from tests.recorder import Recorder
from tests.refusal import refused
from tests.rpc.serving import backend_routes, serving
from tests.stubs import Backend

ERRORS = [
    errors.ValidationFailedError("build.progress", "must be 0 to 1"),
    errors.InvalidUpdateMaskError("created_at", "never changes"),
    errors.InvalidRegexError("missing )"),
    errors.NotFoundError("build", "b"),
    errors.AlreadyExistsError("crash_log", "c"),
    errors.EntryGapError("build", "b", "w", 2, 5),
    errors.SchemaOutdatedError("0004", "0003"),
    errors.InvalidStatusTransitionError("work-1-a1", "TERMINATED", "STARTED"),
    errors.ReviewLimitReachedError("work-1-a1", 3),
    errors.EncryptionKeyMissingError("no key"),
    errors.SecretOverTcpError("github.token"),
    errors.RevisionCompactedError(17, 90_001),
    errors.TooManyStreamsError(20_000),
    errors.MessageTooLargeError("build_log.content", 1, 2),
    errors.ListTooLargeError("scheme_ids", 1_000),
    errors.DiskFullError("no room"),
    errors.ShuttingDownError(),
    errors.SlowReaderError(60),
    errors.StoreBusyError("locked"),
    errors.StoreUnavailableError("gone"),
    errors.StoreCorruptError("damaged"),
    errors.QueryFailedError("failed"),
    errors.MigrationFailedError("failed"),
]


class Faulty:
    """A servicer of which every RPC raises `error`; streams after two messages."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, _rpc: str) -> Any:
        raise_ = self._raise
        return lambda _request, _context: raise_()

    async def _raise(self) -> None:
        raise self.error

    async def StreamBuild(self, _request: object, _context: object) -> AsyncIterator[pb.StreamBuildResponse]:
        for progress in (0.1, 0.2):
            yield pb.StreamBuildResponse(build={"progress": progress})
        raise self.error


class Served:
    """A server of a faulty servicer."""

    def __init__(self) -> None:
        self.servicer = Faulty(errors.ShuttingDownError())
        self.stub: Backend


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    it = Served()
    async with serving(backend_routes(it.servicer)) as channel:
        it.stub = BackendServiceStub(channel)
        yield it


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.reason)
async def test_an_error_tells_code_reason_metadata_and_more(
    served: Served, error: errors.MillstreamServiceError
) -> None:
    served.servicer.error = error
    refusal = await refused(served.stub.GetBuild(pb.GetBuildRequest(id="b")))
    assert (refusal.code, refusal.reason, refusal.domain) == (error.code, error.reason, "millstream")
    assert (refusal.message, refusal.metadata) == (error.message, error.metadata)
    assert refusal.fields == tuple(field for field, _ in error.violations)
    assert refusal.resource == error.resource
    assert refusal.retry_seconds == error.retry_after_seconds


def test_every_error_is_tried() -> None:
    def below(kind: type[errors.MillstreamServiceError]) -> set[type[errors.MillstreamServiceError]]:
        return {kind}.union(*map(below, kind.__subclasses__()))

    with_reason = {kind.__name__ for kind in below(errors.MillstreamServiceError) if vars(kind).get("reason")}
    tokens = {"InvalidPageTokenError", "InvalidResumeTokenError"}
    assert with_reason <= {type(error).__name__ for error in ERRORS} | tokens


async def test_an_error_in_mid_stream_comes_after_what_was_before_it(served: Served) -> None:
    served.servicer.error = errors.NotFoundError("build", "b")
    async with Recorder[pb.StreamBuildResponse](served.stub.StreamBuild(pb.StreamBuildRequest(id="b"))) as recorder:
        assert [message.build.progress for message in await recorder.has(2)] == [0.1, 0.2]
        refusal = await recorder.end()
    assert refusal is not None
    assert (refusal.code, refusal.reason, refusal.metadata) == ("NOT_FOUND", "BUILD_NOT_FOUND", {"id": "b"})


@pytest.mark.parametrize("rpc", ["GetBuild", "StreamBuild"])
async def test_a_fault_of_ours_tells_nothing_of_our_inside(
    served: Served, caplog: pytest.LogCaptureFixture, rpc: str
) -> None:
    served.servicer.error = RuntimeError("/home/me/millstream.sqlite3: SELECT * FROM secrets")
    refusal = await refused(getattr(served.stub, rpc)(getattr(pb, f"{rpc}Request")(id="b")))
    assert (refusal.code, refusal.reason) == ("INTERNAL", "QUERY_FAILED")
    assert "secrets" not in str(refusal)
    assert "sqlite" not in str(refusal)
    assert "SELECT * FROM secrets" in caplog.text, "but our log does"


class Unreadable:
    """gRPC's context of a call whose client takes nothing any more: whatever goes to it waits for ever."""

    def peer(self) -> str:
        return "ipv4:127.0.0.1:1"

    async def send_initial_metadata(self, _metadata: object) -> None:
        pass

    async def write(self, _message: object) -> None:
        pass

    async def abort(self, *_status: object) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize("rpc", ["GetBuild", "StreamBuild"])
async def test_a_client_that_reads_nothing_does_not_hold_up_the_end_of_its_call(
    monkeypatch: pytest.MonkeyPatch, rpc: str
) -> None:
    monkeypatch.setattr(grpcio, "_ABORT_SECONDS", 0.01)
    calls = Calls(10, 10, 60, Supervisor())
    handler = getattr(Faulty(errors.ShuttingDownError()), rpc)
    method = pb.DESCRIPTOR.services_by_name["BackendService"].methods_by_name[rpc]
    behaviour = ErrorInterceptor(calls, local_administrator).around(handler, method)
    run = grpcio._run_stream if method.server_streaming else grpcio._run_unary
    call = asyncio.create_task(run(behaviour, b"", Unreadable()))
    try:
        await until(call.done, "the call has ended")
        assert call.cancelled()
        assert calls.streams == 0
    finally:
        call.cancel()


class Vanished(Unreadable):
    """The context of a call whose client has vanished: gRPC says that its messages end, and then cancels the call."""

    async def read(self) -> object:
        task = asyncio.current_task()
        assert task
        asyncio.get_running_loop().call_soon(task.cancel)
        return grpc.aio.EOF


async def test_a_client_that_vanishes_is_none_that_has_finished() -> None:
    finished = []

    async def behaviour(_request: object, call: Any) -> None:
        async for _ in call.incoming():
            pass
        finished.append(True)

    call = asyncio.create_task(grpcio._run_stream(behaviour, b"", Vanished()))
    await until(call.done, "the call has ended")
    assert call.cancelled()
    assert not finished
