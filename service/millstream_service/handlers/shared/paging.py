"""Pages of lists, found by key."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from google.protobuf.message import Message

from millstream_service.convert.wire import encode_delimited
from millstream_service.errors import ValidationFailedError
from millstream_service.security.caller import Caller
from millstream_service.security.tokens import TokenSigner

M = TypeVar("M", bound=Message)
DEFAULT_PAGES = {"page_size": 50, "limit": 100}
"""How long a page is unless the request says so, by the field that does."""
MAX_PAGE = 1_000
MAX_BYTES = 2 << 20
"""A page ends early where its messages would grow past this."""


def page_size(request: Any) -> int:
    """Return how many to answer with. Raises ValidationFailedError for a negative number."""
    name = _size_field(request)
    size: int = getattr(request, name)
    if size < 0:
        raise ValidationFailedError(name, f"is {size}, must be 0 or more")
    return min(size or DEFAULT_PAGES[name], MAX_PAGE)


def _size_field(request: Any) -> str:
    return next(name for name in DEFAULT_PAGES if name in request.DESCRIPTOR.fields_by_name)


def fingerprint(request: Any, caller: Caller) -> bytes:
    """Return bytes that stand for a list request, whichever of its pages it asks for, and what its caller may see."""
    same = type(request)()
    same.CopyFrom(request)
    same.ClearField("page_token")
    same.ClearField(_size_field(request))
    name: str = request.DESCRIPTOR.name
    data: bytes = same.SerializeToString(deterministic=True)
    return name.encode() + caller.visibility.key + data


def place(signer: TokenSigner, request: Any, caller: Caller) -> list[Any] | None:
    """Return the order values that the page begins behind; None for the first. Raises InvalidPageTokenError."""
    return signer.after(fingerprint(request, caller), request.page_token)


Placed = tuple[M, Sequence[Any]]


def page(
    signer: TokenSigner, request: Any, caller: Caller, elements: Iterable[Placed[M]], response: type[Message]
) -> bytes:
    """Return a response with a page of messages, each given with its order values, and the token of the next page.

    It is put together message by message: a large one made at once would keep all other threads waiting.
    """
    parts: list[bytes] = []
    most, size = page_size(request), 0
    number = next(field.number for field in response.DESCRIPTOR.fields if field.message_type)
    place_of_last: Sequence[Any] = ()
    for message, values in elements:
        data = message.SerializeToString()
        size += len(data)
        if len(parts) == most or (parts and size > MAX_BYTES):
            token = signer.page_token(fingerprint(request, caller), place_of_last)
            parts.append(response(next_page_token=token).SerializeToString())
            break
        parts.append(encode_delimited(number, data))
        place_of_last = values
    return b"".join(parts)
