"""A client that has none of our files: it asks the service itself what it can do, and does all of it.

Run as a script with the service's address, this file is such a client, in a process of its own.
"""

import asyncio
import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha import reflection_pb2 as pb
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

if TYPE_CHECKING:
    from millstream_service.server import Service

BACKEND = "millstream.builds.v1.BackendService"
SERVICES = {
    BACKEND,
    "millstream.common.v1.ChangeService",
    "millstream.common.v1.WatchService",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
}
SECONDS = 200.0
"""The client is ended when its time is up, see `run`: no call of its needs to be sooner."""


class Reflected:
    """The backend service, as it describes itself."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel
        self.database = ProtoReflectionDescriptorDatabase(channel)
        self.service: ServiceDescriptor = DescriptorPool(self.database).FindServiceByName(BACKEND)

    def call(self, rpc: str, *requests: dict[str, Any]) -> Any:
        """Call an RPC; return its answer, or an iterator over its answers."""
        method: MethodDescriptor = self.service.methods_by_name[rpc]
        request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
        kinds = ["unary" if not many else "stream" for many in (method.client_streaming, method.server_streaming)]
        callable_ = getattr(self.channel, "_".join(kinds))(
            f"/{BACKEND}/{rpc}", request.SerializeToString, response.FromString
        )
        messages = [request(**fields) for fields in requests]
        return callable_(iter(messages) if method.client_streaming else messages[0], timeout=SECONDS)


def watch_a_life(
    client: Reflected, noun: str, name: str, made: dict[str, Any], change: dict[str, Any]
) -> Iterator[None]:
    """Create, change and, once resumed, delete an entity; the service's stream of it tells of each."""
    key = made.get("id") or made.get("bundle_identifier") or made["incident_identifier"]
    watch = client.call(f"Stream{name}", {"id": key})
    assert not next(watch).HasField(noun)
    created = client.call(f"Create{name}", {noun: made})
    seen = next(watch)
    assert (getattr(seen, noun), seen.position.revision) == (getattr(created, noun), created.revision)
    others = dict.fromkeys(made, "")
    changed = others | {field: made[field] for field in made if made[field] == key} | change
    updated = client.call(f"Update{name}", {noun: changed, "update_mask": {"paths": list(change)}})
    seen = next(watch)
    assert (getattr(seen, noun), seen.position.revision) == (getattr(updated, noun), updated.revision)
    for field, expected in (made | change).items():
        assert getattr(getattr(seen, noun), field) == expected, field
    assert getattr(client.call(f"Get{name}", {"id": key}), noun) == getattr(seen, noun)
    yield
    deleted = client.call(f"Delete{name}", {"id": key})
    seen = next(watch)
    assert (seen.HasField(noun), seen.position.revision) == (False, deleted.revision)
    watch.cancel()


def watch_a_log(client: Reflected) -> None:
    """Write a log, one line and in batches, follow it, and delete it."""
    line = client.call("CreateBuildLog", {"build_log": {"build_id": "b", "content": "one"}}).build_log
    watch = client.call("StreamBuildLog", {"id": line.id})
    assert next(watch).build_log == line
    tail = client.call("TailBuildLogs", {"build_id": "b", "follow": True})
    assert [line.content for line in next(tail).build_logs] == ["one"]
    batches = [
        {"build_id": "b", "writer_id": "w", "first_entry": 1, "entries": [{"content": "two"}, {"content": "three"}]},
        {"first_entry": 3, "entries": [{"content": "four"}]},
    ]
    answers = list(client.call("AppendBuildLogs", *batches))
    assert [(answer.durable_entry, answer.last_seq) for answer in answers] == [(2, 3), (3, 4)]
    contents: list[str] = []
    while len(contents) < 3:
        contents += [line.content for line in next(tail).build_logs]
    assert contents == ["two", "three", "four"]
    assert client.call("DeleteBuildLogs", {"build_id": "b"}).revision
    assert not next(watch).HasField("build_log")
    assert not list(client.call("TailBuildLogs", {"build_id": "b"}))[-1].build_logs
    for call in (watch, tail):
        call.cancel()


def main(address: str) -> None:
    """Do everything there is to do with entities."""
    with grpc.insecure_channel(address) as channel:
        health: Any = HealthStub(channel)
        answer = health.Check(HealthCheckRequest(service=BACKEND), timeout=SECONDS)
        assert answer.status == HealthCheckResponse.SERVING
        client = Reflected(channel)
        assert set(client.database.get_services()) >= SERVICES
        crash = {"incident_identifier": "c", "build_id": "b", "content": "Thread 0 crashed"}
        lives = [
            watch_a_life(client, "project", "Project", {"bundle_identifier": "p", "name": "App"}, {"name": "Other"}),
            watch_a_life(
                client, "scheme", "Scheme", {"id": "s", "project_bundle_identifier": "p", "name": "x"}, {"order": -5}
            ),
            watch_a_life(client, "build", "Build", {"id": "b", "scheme_id": "s"}, {"progress": 0.5}),
            watch_a_life(client, "crash_log", "CrashLog", crash, {"fixed": True}),
        ]
        for life in lives:
            next(life)
        watch_a_log(client)
        for life in reversed(lives):
            assert list(life) == []
    assert not [name for name in sys.modules if name.split(".")[0].startswith("millstream")]


async def run(*command: str) -> tuple[int | None, str, str]:
    """Run a program; return its exit code, and what it wrote to stdout and to stderr."""
    from tests.deadline import patience  # the client knows nothing of us: it runs without

    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(patience()):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode, out.decode(), err.decode()


async def test_a_client_that_knows_nothing_does_everything(service: "Service") -> None:
    code, _, err = await run(sys.executable, "-I", __file__, service.address)
    assert code == 0, err


async def curl(service: "Service", rpc: str, *messages: dict[str, Any]) -> tuple[int | None, list[Any], str]:
    """Call an RPC with `buf curl`, a client in Go; return its exit code, the answers and what it complained of."""
    buf = str(Path(sys.executable).with_name("buf"))
    address = f"http://{service.address}/{BACKEND}/{rpc}"
    data = "\n".join(map(json.dumps, messages))
    code, out, err = await run(buf, "curl", "--protocol", "grpc", "--http2-prior-knowledge", address, "-d", data)
    return code, _values(out), err


def _values(text: str) -> list[Any]:
    """Return the JSON values of a text, which stand one behind the other."""
    values = []
    while text := text.lstrip():
        value, end = json.JSONDecoder().raw_decode(text)
        values.append(value)
        text = text[end:]
    return values


ASKED = (
    f"{BACKEND}.GetBuild",
    "millstream.agents.v1.AgentService.LogMcpEvent",
    "millstream.common.v1.ErrorReason",
    "millstream.common.v1.ErrorReason.ERROR_REASON_ENTRY_GAP",
    "millstream.common.v1.ERROR_REASON_ENTRY_GAP",
    "millstream.builds.v1.Build",
    "millstream.builds.v1.Build.labels",
    "millstream.builds.v1.Build.LabelsEntry",
    "millstream.builds.v1.ListBuildLogsRequest._category",
    "grpc.health.v1.HealthCheckResponse.ServingStatus",
    "grpc.reflection.v1.ServerReflection.ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflectionRequest.host",
    "google.rpc.ErrorInfo",
    "google.protobuf.Timestamp.nanos",
)


async def reflected(service: "Service", version: str, *requests: pb.ServerReflectionRequest) -> list[Any]:
    """Ask one version of reflection; return its answers."""
    async with grpc.aio.insecure_channel(service.address) as channel:
        call: Any = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            pb.ServerReflectionRequest.SerializeToString,
            pb.ServerReflectionResponse.FromString,
        )(iter(requests))
        return [answer async for answer in call]


def pool_of(files: list[FileDescriptorProto]) -> DescriptorPool:
    """Return a pool of some files. Raises TypeError where one that is needed is not among them."""
    pool, waiting = DescriptorPool(), {file.name: file for file in files}

    def add(name: str) -> None:
        if file := waiting.pop(name, None):
            for needed in file.dependency:
                add(needed)
            pool.Add(file)

    while waiting:
        add(next(iter(waiting)))
    return pool


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_each_name_is_found_with_all_that_its_file_needs(service: "Service", version: str) -> None:
    requests = [pb.ServerReflectionRequest(file_containing_symbol=name, host="here") for name in ASKED]
    for request, answer in zip(requests, await reflected(service, version, *requests), strict=True):
        name = request.file_containing_symbol
        assert not answer.HasField("error_response"), name
        assert (answer.original_request, answer.valid_host) == (request, "here")
        files = [FileDescriptorProto.FromString(data) for data in answer.file_descriptor_response.file_descriptor_proto]
        assert pool_of(files).FindFileByName(files[0].name).package == files[0].package
        assert name.startswith(f"{files[0].package}.")


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_what_is_not_there_is_not_found(service: "Service", version: str) -> None:
    unknown = ("millstream.builds.v1.BackendService.Nothing", "", "Build", f"{BACKEND}.GetBuild.id")
    requests = [pb.ServerReflectionRequest(file_containing_symbol=name) for name in unknown]
    requests += [pb.ServerReflectionRequest(file_by_filename="none.proto"), pb.ServerReflectionRequest()]
    answers = await reflected(service, version, *requests)
    assert [answer.error_response.error_code for answer in answers] == [5, 5, 5, 5, 5, 3]


async def test_a_message_that_is_none_is_refused(service: "Service") -> None:
    async with grpc.aio.insecure_channel(service.address) as channel:
        ask: Any = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
        call = ask(iter([b"\xff"]))
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await call.read()
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_client_in_another_language_reads_and_writes(service: "Service") -> None:
    assert await curl(service, "ListProjects", {}) == (0, [{}], "")
    project = {"bundleIdentifier": "p", "name": "App ✨", "createdAt": "2026-01-02T03:04:05.000000006Z"}
    scheme = {"id": "s", "projectBundleIdentifier": "p", "name": "Debug", "platforms": ["PLATFORM_LINUX"]}
    made = {"project": project, "schemes": [scheme]}
    assert await curl(service, "CreateProject", made) == (0, [made | {"revision": "1"}], "")
    assert (await curl(service, "CreateBuild", {"build": {"id": "b", "schemeId": "s"}}))[0] == 0
    batches = [
        {"buildId": "b", "writerId": "w", "firstEntry": 1, "entries": [{"content": "one"}, {"content": "two"}]},
        {"firstEntry": 3, "entries": [{"content": "three", "level": "BUILD_LOG_LEVEL_ERROR"}]},
    ]
    answers = [{"durableEntry": "2", "lastSeq": "2"}, {"durableEntry": "3", "lastSeq": "3"}]
    assert await curl(service, "AppendBuildLogs", *batches) == (0, answers, "")
    code, [tail], _ = await curl(service, "TailBuildLogs", {"buildId": "b"})
    assert (code, [line["content"] for line in tail["buildLogs"]]) == (0, ["one", "two", "three"])


async def test_a_client_in_another_language_reads_why_a_call_failed(service: "Service") -> None:
    code, _, err = await curl(service, "GetProject", {"id": "none"})
    assert code
    [error] = _values(err)
    assert error["code"] == "not_found"
    [info] = [detail["value"] for detail in error["details"] if detail["type"] == "google.rpc.ErrorInfo"]
    expected = ErrorInfo(reason="PROJECT_NOT_FOUND", domain="millstream", metadata={"id": "none"})
    assert ErrorInfo.FromString(base64.b64decode(info + "==")) == expected


if __name__ == "__main__":
    main(sys.argv[1])
