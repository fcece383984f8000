"""The service that the suite calls, as its `service.proto` says: it sends what it got and what a request asks for."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.status_pb2 import Status as Details

from millstream_service.errors import MillstreamServiceError
from millstream_service.rpc.call import Behaviour, BrokenCallError, Call, Metadata, Route, Status
from millstream_service.rpc.status import status_of
from tests.conformance import messages
from tests.conformance.seen import seconds_given, seen_of

_UNIMPLEMENTED = "Unimplemented"


def routes(max_bytes: int) -> Iterator[Route]:
    """Yield the routes of the service, for requests of so many bytes each."""
    for method in messages.service().methods:
        if method.name != _UNIMPLEMENTED:
            yield Route(method, _behaviour(method), max_bytes)


def _behaviour(method: MethodDescriptor) -> Behaviour:
    serve = _Stream(method).serve if method.server_streaming else _Unary(method).serve

    async def behave(request: Any, call: Call) -> Any:
        try:
            return await serve(call.incoming() if method.client_streaming else _once(request), call)
        except MillstreamServiceError as error:
            return status_of(error)
        except BrokenCallError as error:
            return error.status

    return behave


async def _once(request: bytes) -> AsyncIterator[bytes]:
    yield request


class _Answers:
    """What both kinds of RPCs share."""

    def __init__(self, method: MethodDescriptor) -> None:
        self._request: Any = GetMessageClass(method.input_type)
        self._response: Any = GetMessageClass(method.output_type)

    def _answer(self, data: bytes, info: Message | None) -> bytes:
        payload = messages.new("ConformancePayload", data=data, request_info=info)
        answer: bytes = self._response(payload=payload).SerializeToString()
        return answer


class _Unary(_Answers):
    """One answer, once all has been read."""

    async def serve(self, incoming: AsyncIterator[bytes], call: Call) -> bytes | Status:
        requests = [self._request.FromString(data) async for data in incoming]
        info = _info(call, requests)
        asked = _asked(requests[0]) if requests else None
        if asked is None:
            return self._answer(b"", info)
        call.headers, call.trailers = _metadata(asked.response_headers), _metadata(asked.response_trailers)
        await asyncio.sleep(asked.response_delay_ms / 1000)
        return _status(asked.error, info) if asked.HasField("error") else self._answer(asked.response_data, info)


class _Stream(_Answers):
    """As many answers as asked for: one to each request, where that is wished, else all once all has been read."""

    async def serve(self, incoming: AsyncIterator[bytes], call: Call) -> Status | None:
        asked: Any = None
        requests: list[Message] = []
        sent = 0
        async for data in incoming:
            request = self._request.FromString(data)
            requests.append(request)
            if asked is None:
                asked, in_turn = _asked(request), getattr(request, "full_duplex", False)
                if asked is None:
                    continue
                call.headers, call.trailers = _metadata(asked.response_headers), _metadata(asked.response_trailers)
                if in_turn and asked.response_data:
                    await call.start()
            if in_turn and sent < len(asked.response_data):
                await self._send(call, asked, sent, requests)
                sent += 1
                requests = []
            elif in_turn:
                break
        if asked is None:
            return None
        return await self._rest(call, asked, sent, requests)

    async def _rest(self, call: Call, asked: Any, sent: int, requests: Sequence[Message]) -> Status | None:
        if asked.response_data and not sent:
            await call.start()
        for number in range(sent, len(asked.response_data)):
            await self._send(call, asked, number, requests if not number else ())
        if not asked.HasField("error"):
            return None
        return _status(asked.error, None if asked.response_data else _info(call, requests))

    async def _send(self, call: Call, asked: Any, number: int, requests: Sequence[Message]) -> None:
        await asyncio.sleep(asked.response_delay_ms / 1000)
        info = _info(call, requests) if not number else _requests(requests)
        await call.write(self._answer(asked.response_data[number], info))


def _asked(request: Any) -> Any:
    """Return how a request is to be answered, if it says."""
    return request.response_definition if request.HasField("response_definition") else None


def _metadata(headers: Iterable[Any]) -> Metadata:
    return [(header.name.lower(), value) for header in headers for value in header.value]


def _status(error: Any, info: Message | None) -> Status:
    details = [*error.details, *(() if info is None else [messages.packed(info)])]
    data = Details(code=error.code, message=error.message, details=details).SerializeToString()
    return Status(error.code, error.message, data)


def _requests(requests: Sequence[Message]) -> Any:
    if not requests:
        return None
    return messages.new("ConformancePayload.RequestInfo", requests=[messages.packed(one) for one in requests])


def _info(call: Call, requests: Sequence[Message]) -> Any:
    info = messages.new("ConformancePayload.RequestInfo", requests=[messages.packed(one) for one in requests])
    headers, parameters = seen_of(call)
    info.request_headers.extend(messages.new("Header", name=name, value=[value]) for name, value in headers)
    if parameters is not None:
        info.connect_get_info.query_params.extend(
            messages.new("Header", name=name, value=values) for name, values in parameters.items()
        )
    seconds = seconds_given(call)
    if seconds is not None:
        info.timeout_ms = round(seconds * 1000)
    return info
