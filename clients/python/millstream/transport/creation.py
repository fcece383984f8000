"""Creating things so that it may be repeated.

The client gives each new thing its id before the first try. Where a try breaks off and nobody knows whether it was
done, the next one tells: it is done then, or it is answered with "exists". In that case the client reads what is
there and compares: if all that it asked for is there, its own first try was done, and it says so with the stored
message; otherwise the id belongs to something else, and the error stands.

Such an answer, made from a read, has `revision` 0: the commit's number was lost with the first answer. The same goes
for a delete whose repetition finds nothing left to delete.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from google.protobuf.message import Message

from millstream.errors import AlreadyExistsError, NotFoundError
from millstream.transport.connection import Attempts

MessageT = TypeVar("MessageT", bound=Message)
ResponseT = TypeVar("ResponseT", bound=Message)


def copy_message(message: MessageT) -> MessageT:
    """Return a copy that may be changed."""
    copy = type(message)()
    copy.CopyFrom(message)
    return copy


def is_done(wanted: Message, stored: Message) -> bool:
    """Whether `stored` has every value that `wanted` has set. What was left out, the service filled in."""
    return all(getattr(stored, field.name) == value for field, value in wanted.ListFields())


async def create(
    call: Callable[[Attempts], Awaitable[ResponseT]], read_back: Callable[[], Awaitable[ResponseT | None]]
) -> ResponseT:
    """Make a create call. `read_back` answers in its place where "exists" may mean ourselves; None: it does not."""
    attempts = Attempts()
    try:
        return await call(attempts)
    except AlreadyExistsError:
        response = await read_back() if attempts.unclear else None
        if response is None:
            raise
        return response


async def delete(call: Callable[[Attempts], Awaitable[ResponseT]], response: ResponseT) -> ResponseT:
    """Make a delete call. `response` answers where it is gone after a try that may have been done."""
    attempts = Attempts()
    try:
        return await call(attempts)
    except NotFoundError:
        if not attempts.unclear:
            raise
        return response
