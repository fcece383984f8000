"""What a client sees of a store, as the bytes that come over the wire."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import grpc
from google.protobuf.message import Message

from millstream.builds.v1.backend_service_pb2 import (
    ListBuildsRequest,
    ListBuildsResponse,
    ListCrashLogsRequest,
    ListCrashLogsResponse,
    ListProjectsRequest,
    ListSchemesRequest,
    StreamBuildIdsRequest,
    StreamLatestBuildsRequest,
    StreamProjectDetailRequest,
    StreamProjectVersionStringsRequest,
    TailBuildLogsRequest,
)
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from tests.deadline import patience
from tests.moving.stock import PROJECT, SCHEME

_SECONDS = 60.0
_STREAMS: dict[str, Message] = {
    "StreamLatestBuilds": StreamLatestBuildsRequest(project_id=PROJECT, limit=100),
    "StreamProjectDetail": StreamProjectDetailRequest(id=PROJECT),
    "StreamProjectVersionStrings": StreamProjectVersionStringsRequest(),
    "StreamBuildIds": StreamBuildIdsRequest(scheme_ids=[SCHEME]),
}


View = dict[str, str]


def view(address: str, tail_every: int = 1) -> View:
    """Return a digest of all that each RPC answers: all pages, all crash reports, first values, and every n-th log."""
    with grpc.insecure_channel(address) as channel:
        answers: dict[str, Iterator[Message]] = {
            "ListProjects": iter([_stub(channel).ListProjects(ListProjectsRequest(), timeout=patience(_SECONDS))]),
            "ListSchemes": iter(
                [_stub(channel).ListSchemes(ListSchemesRequest(project_id=PROJECT), timeout=patience(_SECONDS))]
            ),
            "ListBuilds": _builds(channel),
            "ListCrashLogs": _crash_logs(channel),
            "TailBuildLogs": _tails(channel, tail_every),
        } | {name: iter([_first_value(channel, name)]) for name in _STREAMS}
        return {name: _digest(messages) for name, messages in answers.items()}


def resume_tokens(address: str) -> dict[str, bytes]:
    """Return the token that the first value of each kind of stream came with."""
    with grpc.insecure_channel(address) as channel:
        return {name: _first_value(channel, name).position.resume_token for name in _STREAMS}


def stand(address: str, tokens: dict[str, bytes]) -> dict[str, bool]:
    """Return of which streams the service says, by their tokens, that their value is what it was."""
    with grpc.insecure_channel(address) as channel:
        return {name: _first_value(channel, name, token).position.unchanged for name, token in tokens.items()}


def _stub(channel: grpc.Channel) -> Any:
    return BackendServiceStub(channel)


def _digest(messages: Iterator[Message]) -> str:
    digest = blake2b(digest_size=16)
    for message in messages:
        data = message.SerializeToString(deterministic=True)
        digest.update(len(data).to_bytes(8) + data)
    return digest.hexdigest()


def _first_value(channel: grpc.Channel, name: str, token: bytes = b"") -> Any:
    request: Any = type(_STREAMS[name])()
    request.CopyFrom(_STREAMS[name])
    request.options.resume_token = token
    call = getattr(_stub(channel), name)(request, timeout=patience(_SECONDS))
    try:
        return next(call)
    finally:
        call.cancel()


def _pages(list_: Any, request: Any) -> Iterator[Any]:
    while True:
        page = list_(request, timeout=patience(_SECONDS))
        yield page
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def _builds(channel: grpc.Channel) -> Iterator[ListBuildsResponse]:
    return _pages(_stub(channel).ListBuilds, ListBuildsRequest(project_id=PROJECT, page_size=1_000))


def _crash_logs(channel: grpc.Channel) -> Iterator[ListCrashLogsResponse]:
    return _pages(_stub(channel).ListCrashLogs, ListCrashLogsRequest(project_id=PROJECT, page_size=1_000))


def _tails(channel: grpc.Channel, every: int) -> Iterator[Message]:
    ids = [build.id for page in _builds(channel) for build in page.builds]
    for build_id in sorted(ids)[::every]:
        yield from _stub(channel).TailBuildLogs(TailBuildLogsRequest(build_id=build_id), timeout=patience(_SECONDS))
