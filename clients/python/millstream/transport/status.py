"""From gRPC's status to our exceptions.

The service's reasons travel as `google.rpc.Status` in the trailing metadata: ErrorInfo names the reason, BadRequest
the fields at fault, RetryInfo when to come back.
"""

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from millstream.errors import BY_CODE, BY_REASON, FieldViolation, MillstreamError

DETAILS_KEY = "grpc-status-details-bin"
DOMAIN = "millstream"
_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def error_from_rpc(rpc_error: grpc.aio.AioRpcError) -> MillstreamError:
    """Return the exception that stands for a failed call. It is not raised here."""
    return _error(rpc_error.code(), rpc_error.details() or "", _status_details(rpc_error))


def error_from_status(status: status_pb2.Status) -> MillstreamError:
    """Return the exception that stands for a status that came in a message. It is not raised here."""
    return _error(_CODES.get(status.code, grpc.StatusCode.UNKNOWN), status.message, status)


def _error(code: grpc.StatusCode, message: str, status: status_pb2.Status) -> MillstreamError:
    info = error_details_pb2.ErrorInfo()
    request = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    for detail in status.details:
        for known in (info, request, retry):
            detail.Unpack(known)
    reason = info.reason if info.domain == DOMAIN else ""
    kind = BY_REASON.get(reason) or BY_CODE.get(code, MillstreamError)
    return kind(
        message or code.name.replace("_", " ").capitalize(),
        code=code,
        reason=reason,
        metadata=dict(info.metadata),
        field_violations=[FieldViolation(v.field, v.description) for v in request.field_violations],
        retry_delay=retry.retry_delay.ToNanoseconds() / 1e9 if retry.HasField("retry_delay") else None,
    )


def _status_details(rpc_error: grpc.aio.AioRpcError) -> status_pb2.Status:
    """Return the details that came along; none where they are missing or damaged: the code alone still tells much."""
    status = status_pb2.Status()
    for key, value in rpc_error.trailing_metadata() or ():
        if key == DETAILS_KEY and isinstance(value, bytes):
            try:
                status.ParseFromString(value)
            except DecodeError:
                return status_pb2.Status()
    return status
