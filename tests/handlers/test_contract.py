"""The contract as a blocking client sees it, by pytest-grpc's fixtures on a real service."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.common.v1 import change_service_pb2, watch_service_pb2
from millstream.common.v1.error_reason_pb2 import ErrorReason
from millstream_service import errors
from tests.deadline import patience
from tests.entities import build, entry, project, scheme
from tests.refusal import refusal_of

SERVICES = (
    pb.DESCRIPTOR.services_by_name["BackendService"],
    change_service_pb2.DESCRIPTOR.services_by_name["ChangeService"],
    watch_service_pb2.DESCRIPTOR.services_by_name["WatchService"],
)
METHODS = [method for service in SERVICES for method in service.methods]
numbers = itertools.count()


@pytest.fixture(scope="module")
def grpc_stub_cls() -> Callable[[grpc.Channel], BackendServiceStub]:
    return BackendServiceStub


@pytest.fixture
def build_id(grpc_stub: BackendServiceStub) -> str:
    """A build of a project of its own."""
    key = f"build-{next(numbers)}"
    request = pb.CreateProjectRequest(project=project(key), schemes=[scheme(key, key)])
    grpc_stub.CreateProject(request)
    grpc_stub.CreateBuild(pb.CreateBuildRequest(build=build(key, key)))
    return key


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_rpc_of_the_contract_is_there(grpc_channel: grpc.Channel, method: MethodDescriptor) -> None:
    """Each refuses in our words what is no request: an RPC that is not there says that it is not."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    with pytest.raises(grpc.RpcError) as caught:
        _first_answer(grpc_channel, path, method)
    assert refusal_of(caught.value).reason == "VALIDATION_FAILED"


def _first_answer(channel: Any, path: str, method: MethodDescriptor) -> None:
    if method.client_streaming:
        next(channel.stream_stream(path)(iter([b"\xff"]), timeout=patience(20)))
    elif method.server_streaming:
        next(channel.unary_stream(path)(b"\xff", timeout=patience(20)))
    else:
        channel.unary_unary(path)(b"\xff", timeout=patience(20))


def test_an_rpc_that_is_not_there(grpc_channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        grpc_channel.unary_unary(f"/{SERVICES[0].full_name}/Nothing", bytes, bytes)(b"", timeout=patience(20))
    assert refusal_of(caught.value).code == "UNIMPLEMENTED"


def test_a_stream_is_an_iterator(grpc_stub: BackendServiceStub, build_id: str) -> None:
    call = grpc_stub.StreamBuild(pb.StreamBuildRequest(id=build_id), timeout=patience(20))
    assert next(call).build.id == build_id
    changed = build(build_id, progress=0.5)
    grpc_stub.UpdateBuild(pb.UpdateBuildRequest(build=changed, update_mask={"paths": ["progress"]}))
    assert next(call).build.progress == 0.5
    call.cancel()


def test_lines_go_in_and_come_out(grpc_stub: BackendServiceStub, build_id: str) -> None:
    batches = [
        pb.AppendBuildLogsRequest(build_id=build_id, writer_id="w", first_entry=n, entries=[entry(f"{n}")])
        for n in range(1, 6)
    ]
    answers = list(grpc_stub.AppendBuildLogs(iter(batches), timeout=patience(20)))
    assert [answer.durable_entry for answer in answers] == [1, 2, 3, 4, 5]
    tail = grpc_stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id=build_id), timeout=patience(20))
    assert [line.content for message in tail for line in message.build_logs] == list("12345")


def test_an_error_says_what_and_where(grpc_stub: BackendServiceStub) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        grpc_stub.GetBuild(pb.GetBuildRequest(id="none"), timeout=patience(20))
    refusal = refusal_of(caught.value)
    assert (refusal.code, refusal.reason, refusal.domain) == ("NOT_FOUND", "BUILD_NOT_FOUND", "millstream")
    assert "none" in refusal.message


def _every(kind: type[Any]) -> Iterator[type[Any]]:
    for below in kind.__subclasses__():
        yield below
        yield from _every(below)


def test_every_error_has_a_reason_of_the_contract_and_the_code_that_goes_with_it() -> None:
    """The numbers of the reasons are in tens, a ten a code."""
    codes = (
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "FAILED_PRECONDITION",
        "OUT_OF_RANGE",
        "RESOURCE_EXHAUSTED",
        "UNAVAILABLE",
        "DATA_LOSS",
        "INTERNAL",
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
    )
    reasons = {name.removeprefix("ERROR_REASON_"): number for name, number in ErrorReason.items()}
    with_reason = [kind for kind in _every(errors.MillstreamServiceError) if vars(kind).get("reason")]
    assert len(with_reason) > 15
    for kind in with_reason:
        assert codes[reasons[kind.reason] // 10] == kind.code, kind
    for noun in ("project", "scheme", "build", "build_log", "crash_log"):
        assert errors.NotFoundError(noun, "key").reason in reasons
    for noun in ("project", "scheme", "build", "crash_log"):
        assert errors.AlreadyExistsError(noun, "key").reason in reasons


def test_position_is_the_first_field_of_every_stream_response() -> None:
    """So that it can be put before bytes that are made once for all."""
    for method in SERVICES[0].methods:
        if method.name.startswith(("Stream", "Tail")):
            assert method.output_type.fields_by_name["position"].number == 1, method.name


def test_the_fake_server_of_the_plugin_is_forbidden(pytestconfig: pytest.Config) -> None:
    assert not pytestconfig.getoption("grpc-fake")
