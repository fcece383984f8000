"""Reads a stream as an app would, and keeps what came: a test states what must come, and waits for that."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import grpc

from tests.deadline import SECONDS, until
from tests.refusal import Refusal, refusal_of

T = TypeVar("T")


class Recorder(Generic[T]):
    """All messages of a stream so far, in a list. `taken` of them were asked for by `next`.

    Enter it to begin; leaving it cancels the call and waits for its end.
    """

    def __init__(self, call: Any) -> None:
        self.call = call
        self.messages: list[T] = []
        self.refusal: Refusal | None = None
        self.ended = False
        self._taken = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def start(self) -> None:
        """Begin to read."""
        self._task = asyncio.create_task(self._read())

    async def close(self) -> None:
        """Cancel the call and wait for its end."""
        self.call.cancel()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for message in self.call:
                self.messages.append(message)
        except grpc.aio.AioRpcError as error:
            self.refusal = refusal_of(error)
        except asyncio.CancelledError:
            if not self.call.cancelled():
                raise
        finally:
            self.ended = True

    async def next(self) -> T:
        """Return the next message. Raises AssertionError where the stream ends, or nothing comes in time."""
        await self.has(self._taken + 1)
        self._taken += 1
        return self.messages[self._taken - 1]

    async def has(self, count: int) -> list[T]:
        """Wait until so many messages came."""
        await self.until(lambda messages: len(messages) >= count, f"{count} messages came")
        return self.messages

    async def until(self, condition: Callable[[list[T]], bool], what: str) -> list[T]:
        """Wait until the messages fulfil a condition."""
        await until(lambda: condition(self.messages) or self.ended, what, SECONDS)
        assert condition(self.messages), f"the stream ended ({self.refusal}) before {what}: {self.messages[-3:]}"
        return self.messages

    async def end(self) -> Refusal | None:
        """Wait for the stream's end; return what it was refused with, None where it ended well."""
        await until(lambda: self.ended, "the stream ended")
        return self.refusal

    @property
    def rest(self) -> list[T]:
        """What came that was not asked for by `next`."""
        return self.messages[self._taken :]
