"""From the messages of a stream to its values.

A long list comes in several messages: all but the first carry `append`, and the last alone carries a token, which
stands for the whole. So a message without one says that more will follow, and a stream that breaks in the middle of a
list never gets `unchanged` for half of it.
"""

from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from millstream.common.v1.position_pb2 import Position
from millstream.transport.creation import copy_message


class StreamResponse(Protocol):
    """Any response of a `Stream…` RPC."""

    @property
    def position(self) -> Position:
        """Where the message stands."""
        ...


ResponseT = TypeVar("ResponseT", bound=StreamResponse)
T = TypeVar("T")
ElementT = TypeVar("ElementT")


class Assembly(Generic[ResponseT, T]):
    """The value of a stream whose messages each carry a whole one.

    `value` is the newest whole value (in a list of one; empty before the first), `token` stands for it.
    """

    def __init__(self, read: Callable[[ResponseT], T]) -> None:
        self._read = read
        self.value: list[T] = []
        self.token = b""
        self._reopened = False

    def reopen(self) -> None:
        """Get ready for the messages of a new call, which goes on from `token`."""
        self._reopened = True

    def add(self, response: ResponseT) -> bool:
        """Take in a message. Returns whether there is a new value now."""
        if response.position.unchanged:
            self.token = response.position.resume_token or self.token
            return False
        return self._replace(self._read(response), response.position.resume_token)

    def _replace(self, value: T, token: bytes) -> bool:
        # A service that does not know the token sends the value anew, though nothing may have changed.
        is_repeat = self._reopened and self.value == [value]
        self._reopened = False
        self.value = [value]
        self.token = token
        return not is_repeat


class MessageAssembly(Assembly[Any, Any]):
    """The responses of a stream of any type: each is whole, and without its position.

    A message in which a list goes on is merged into those before it: so protobuf puts lists together.
    """

    def __init__(self) -> None:
        super().__init__(_without_position)
        self._parts: list[Any] = []

    def reopen(self) -> None:
        """Get ready for the messages of a new call: parts without an end are dropped."""
        super().reopen()
        self._parts = []

    def add(self, response: Any) -> bool:
        """Take in a message. Returns whether there is a new whole value now."""
        position = response.position
        if position.unchanged:
            return super().add(response)
        part = _without_position(response)
        if position.append:
            self._parts = self._parts or [copy_message(value) for value in self.value]
        else:
            self._parts = [type(part)()]
        self._parts[0].MergeFrom(part)
        if not position.resume_token:
            return False
        [whole], self._parts = self._parts, []
        return self._replace(whole, position.resume_token)


def _without_position(response: Any) -> Any:
    other = copy_message(response)
    other.ClearField("position")
    return other


class ListAssembly(Assembly[ResponseT, list[ElementT]]):
    """The value of a stream of lists, which may come in parts and may grow at their end."""

    def __init__(self, read: Callable[[ResponseT], Iterable[ElementT]]) -> None:
        super().__init__(lambda message: list(read(message)))
        self._parts: list[ElementT] = []
        self._extends = False

    def reopen(self) -> None:
        """Get ready for the messages of a new call: parts without an end are dropped."""
        super().reopen()
        self._parts = []
        self._extends = False

    def add(self, response: ResponseT) -> bool:
        """Take in a message. Returns whether there is a new whole list now."""
        position = response.position
        if position.unchanged:
            return super().add(response)
        part = self._read(response)
        if not position.append:
            self._parts, self._extends = [], False
        elif not self._parts:
            self._extends = True
        self._parts += part
        return bool(position.resume_token) and self._finish(position.resume_token)

    def _finish(self, token: bytes) -> bool:
        parts, self._parts = self._parts, []
        if not self._extends:
            return self._replace(parts, token)
        self._extends = False
        self._reopened = False
        self.token = token
        if not self.value:
            self.value = [parts]
            return True
        # In place: a long list that grows costs what is added to it. Consumers are given copies.
        self.value[0].extend(parts)
        return bool(parts)
