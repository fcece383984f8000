"""Pages of lists, found by key."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from google.protobuf.message import Message

from millstream_service.errors import ValidationFailedError
from millstream_service.tokens import TokenMint

M = TypeVar("M", bound=Message)
DEFAULT_PAGE, MOST_PAGE = 50, 1_000
MOST_BYTES = 2 << 20
"""A page ends early where its messages would grow past this."""


def page_size(request: Any) -> int:
    """Return how many to answer with. Raises ValidationFailedError for a negative number."""
    if request.page_size < 0:
        raise ValidationFailedError("page_size", f"is {request.page_size}, must be 0 or more")
    return min(request.page_size or DEFAULT_PAGE, MOST_PAGE)


def fingerprint(request: Any) -> bytes:
    """Return bytes that stand for a list request, whichever of its pages it asks for."""
    same = type(request)()
    same.CopyFrom(request)
    same.ClearField("page_token")
    same.ClearField("page_size")
    name: str = request.DESCRIPTOR.name
    data: bytes = same.SerializeToString(deterministic=True)
    return name.encode() + data


def place(mint: TokenMint, request: Any) -> list[Any] | None:
    """Return the order values that the page begins behind; None for the first. Raises InvalidPageTokenError."""
    return mint.after(fingerprint(request), request.page_token)


Placed = tuple[M, Sequence[Any]]


def page(mint: TokenMint, request: Any, elements: Iterable[Placed[M]]) -> tuple[list[M], str]:
    """Return a page of messages, each given with its order values, and the token of the next page."""
    taken: list[M] = []
    size = 0
    place_of_last: Sequence[Any] = ()
    for message, values in elements:
        if len(taken) == page_size(request) or (taken and size + message.ByteSize() > MOST_BYTES):
            return taken, mint.page_token(fingerprint(request), place_of_last)
        taken.append(message)
        size += message.ByteSize()
        place_of_last = values
    return taken, ""


def placed(
    rows: Iterable[Any], convert: Callable[[Any], M], order: Callable[[Any], Sequence[Any]]
) -> Iterator[Placed[M]]:
    """Yield rows as messages, with their order values, as they are taken."""
    return ((convert(row), order(row)) for row in rows)
