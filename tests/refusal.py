"""What a call was refused with: the status code and its details, as any client in any language reads them."""

from collections.abc import AsyncIterable, Awaitable
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, ResourceInfo, RetryInfo
from google.rpc.status_pb2 import Status

from tests.deadline import within


@dataclass(frozen=True)
class Refusal:
    """A failed call. `fields` are those that BadRequest names, `resource` the kind and the id of ResourceInfo."""

    code: str
    message: str
    reason: str
    domain: str
    metadata: dict[str, str]
    fields: tuple[str, ...]
    resource: tuple[str, str] | None
    retry_seconds: float | None


def refusal_of(error: grpc.RpcError) -> Refusal:
    """Read a failed call's status and details."""
    trailing: Any = error.trailing_metadata()
    status = Status.FromString(dict(trailing or ()).get("grpc-status-details-bin", b""))
    info, bad, resource, retry = ErrorInfo(), BadRequest(), ResourceInfo(), RetryInfo()
    for detail in status.details:
        assert any(detail.Unpack(kind) for kind in (info, bad, resource, retry)), (
            f"{detail.type_url} is expected nowhere"
        )
    code = error.code().name
    assert status.code in (0, error.code().value[0]), "the details tell the same code"
    return Refusal(
        code=code,
        message=error.details() or "",
        reason=info.reason,
        domain=info.domain,
        metadata=dict(info.metadata),
        fields=tuple(violation.field for violation in bad.field_violations),
        resource=(resource.resource_type, resource.resource_name) if resource.ByteSize() else None,
        retry_seconds=retry.retry_delay.ToNanoseconds() / 1e9 if retry.ByteSize() else None,
    )


async def outcome(call: Awaitable[Any] | AsyncIterable[Any]) -> Any:
    """Wait for an answer, or for all of a stream's."""
    if isinstance(call, AsyncIterable):
        return await within(_all(call))
    return await within(call)


async def _all(call: AsyncIterable[Any]) -> list[Any]:
    return [message async for message in call]


async def refused(call: Awaitable[Any] | AsyncIterable[Any]) -> Refusal:
    """Wait for a call to fail; return what it was refused with."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await outcome(call)
    return refusal_of(caught.value)
