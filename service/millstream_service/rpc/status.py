"""Errors to statuses: the code, the text, and the details that programs read (google.rpc)."""

from typing import NoReturn, Protocol

import grpc
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, ResourceInfo, RetryInfo
from google.rpc.status_pb2 import Status

from millstream_service.errors import MillstreamServiceError

DOMAIN = "millstream"
_DETAILS_KEY = "grpc-status-details-bin"


class Aborting(Protocol):
    """The part of a call's context that ends it."""

    async def abort(
        self, code: grpc.StatusCode, details: str = "", trailing_metadata: tuple[tuple[str, bytes], ...] = ()
    ) -> NoReturn:
        """End the call."""


def details_of(error: MillstreamServiceError) -> list[Message]:
    """Return the details of an error."""
    details: list[Message] = [ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)]
    if error.violations:
        violations = [BadRequest.FieldViolation(field=name, description=text) for name, text in error.violations]
        details.append(BadRequest(field_violations=violations))
    if error.resource:
        kind, name = error.resource
        details.append(ResourceInfo(resource_type=kind, resource_name=name, description=error.message))
    if error.retry_after_seconds is not None:
        retry = RetryInfo()
        retry.retry_delay.FromNanoseconds(int(error.retry_after_seconds * 1e9))
        details.append(retry)
    return details


async def abort(context: Aborting, error: MillstreamServiceError) -> NoReturn:
    """End a call with an error."""
    code = grpc.StatusCode[error.code]
    status = Status(code=code.value[0], message=error.message)
    for detail in details_of(error):
        packed = Packed()
        packed.Pack(detail)
        status.details.append(packed)
    await context.abort(code, error.message, ((_DETAILS_KEY, status.SerializeToString()),))
