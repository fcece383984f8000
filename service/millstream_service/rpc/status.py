"""Errors to statuses: the code, the text, and the details that programs read (google.rpc)."""

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, ResourceInfo, RetryInfo
from google.rpc.status_pb2 import Status as Details

from millstream_service.errors import MillstreamServiceError
from millstream_service.rpc.call import Status

DOMAIN = "millstream"
MAX_TRAILER_BYTES = 4_000
"""Clients take 8 to 16 KiB of trailers, with what is not ours among them; what has more, they fail with no reason."""
_TEXT_BYTES = (1_024, 512, 256, 128, 64, 32)
_MAX_VIOLATIONS = 8
_ELLIPSIS, _PERCENT = "…", ord("%")


def details_of(error: MillstreamServiceError, max_bytes: int = 1 << 20) -> list[Message]:
    """Return the details of an error, each of their texts of so many bytes at most."""

    def cut(text: str) -> str:
        return shorten(text, max_bytes)

    metadata = {key: cut(value) for key, value in error.metadata.items()}
    details: list[Message] = [ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)]
    if error.violations:
        violations = [
            BadRequest.FieldViolation(field=cut(name), description=cut(text))
            for name, text in error.violations[:_MAX_VIOLATIONS]
        ]
        details.append(BadRequest(field_violations=violations))
    if error.resource:
        kind, name = error.resource
        details.append(ResourceInfo(resource_type=kind, resource_name=cut(name), description=cut(error.message)))
    if error.retry_after_seconds is not None:
        retry = RetryInfo()
        retry.retry_delay.FromNanoseconds(int(error.retry_after_seconds * 1e9))
        details.append(retry)
    return details


def shorten(text: str, max_bytes: int) -> str:
    """Return a text of so many bytes of UTF-8 at most: what is longer ends with an ellipsis."""
    data = text.encode()
    if len(data) <= max_bytes:
        return text
    return data[: max_bytes - len(_ELLIPSIS.encode())].decode(errors="ignore") + _ELLIPSIS


def trailers_of(error: MillstreamServiceError) -> tuple[str, bytes]:
    """Return the text of an error and its status, serialized, which together are as small as every client takes.

    An error repeats what it is about, which may be long, several times over. So all of its texts are cut, to the same
    size, until they fit.
    """
    for max_bytes in _TEXT_BYTES:
        message = shorten(error.message, max_bytes)
        status = Details(code=Code.Value(error.code), message=message)
        for detail in details_of(error, max_bytes):
            packed = Packed()
            packed.Pack(detail)
            status.details.append(packed)
        data = status.SerializeToString()
        if _measure(message, data) <= MAX_TRAILER_BYTES:
            break
    return message, data


def _measure(message: str, data: bytes) -> int:
    """Return the bytes that a text and a status have on the wire: one percent-encoded, the other in base64."""
    plain = sum(0x20 <= byte <= 0x7E and byte != _PERCENT for byte in message.encode())
    return 3 * len(message.encode()) - 2 * plain + (len(data) + 2) // 3 * 4


def status_of(error: MillstreamServiceError) -> Status:
    """Return the status that an error ends a call with."""
    return Status(Code.Value(error.code), *trailers_of(error))
