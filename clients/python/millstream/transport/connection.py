"""What all calls stand on: one channel, the stubs on it, and unary calls with retries. It knows no service.

Cycle: made (nothing is open yet) -> the first call opens the channel -> closed, for good. All of it belongs to the
event loop of the first call; nothing here is guarded against other threads.
"""
# ruff: noqa: ASYNC109 - gRPC takes the timeout

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import TypeVar, cast

import grpc

from millstream.errors import (
    ClientClosedError,
    DeadlineExceededError,
    InternalError,
    MillstreamError,
    NotConnectedError,
)
from millstream.transport import address as addresses
from millstream.transport.channel import open_channel
from millstream.transport.deadline import Deadline
from millstream.transport.retry import Outcome, RetryPolicy, outcome
from millstream.transport.status import error_from_rpc

RequestT = TypeVar("RequestT")
StubT = TypeVar("StubT")
ResponseT = TypeVar("ResponseT")


class Attempts:
    """What became of a unary call's tries. `unclear`: one of them may have been done without our knowing."""

    def __init__(self) -> None:
        self.count = 0
        self.unclear = False

    def note(self, kind: Outcome) -> None:
        """Count a try that failed."""
        self.count += 1
        self.unclear = self.unclear or kind is Outcome.UNCLEAR


class Connection:
    """A channel to the service, opened by the first call, and the calls over it."""

    def __init__(self, address: str | None = None, *, retry: RetryPolicy | None = None) -> None:
        self.address = addresses.resolve(address)
        self.retry = retry or RetryPolicy()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._channel: grpc.aio.Channel | None = None
        self._stubs: dict[Callable[[grpc.aio.Channel], object], object] = {}
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    @property
    def channel(self) -> grpc.aio.Channel:
        """The channel. Raises ClientClosedError after `close`, RuntimeError on another event loop."""
        if self._closed:
            raise ClientClosedError("the client is closed")
        loop = asyncio.get_running_loop()
        if self._channel is None:
            self._loop = loop
            self._channel = open_channel(self.address)
        if self._loop is not loop:
            raise RuntimeError("the client belongs to the event loop of its first call: make one for each loop")
        return self._channel

    def stub(self, make: Callable[[grpc.aio.Channel], StubT]) -> StubT:
        """Return a service's stub on the channel, made once. `make` is its class; raises as `channel` does."""
        channel = self.channel
        stub = self._stubs.get(make)
        if stub is None:
            stub = self._stubs[make] = make(channel)
        return cast("StubT", stub)

    async def close(self) -> None:
        """Cancel the calls that are open and close the channel. May be called more than once."""
        self._closed = True
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def call(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[RequestT, ResponseT],
        request: RequestT,
        timeout: float | None,
        *,
        repeatable: bool = True,
        attempts: Attempts | None = None,
    ) -> ResponseT:
        """Make a unary call, within `timeout` seconds in all.

        A call that is not `repeatable` is tried again only where the service certainly did nothing of it. `attempts`
        tells the caller what happened on the way.
        """
        deadline = Deadline(timeout)
        backoff = self.retry.backoff()
        attempts = attempts or Attempts()
        while True:
            try:
                return await self._try(method, request, deadline)
            except MillstreamError as error:
                attempts.note(kind := outcome(error))
                if kind is Outcome.ANSWERED or (kind is Outcome.UNCLEAR and not repeatable):
                    raise
                delay = backoff.next_delay(error)
                if attempts.count >= self.retry.max_attempts or delay >= deadline.remaining():
                    raise
            await asyncio.sleep(delay)

    async def _try(
        self, method: grpc.aio.UnaryUnaryMultiCallable[RequestT, ResponseT], request: RequestT, deadline: Deadline
    ) -> ResponseT:
        await self.connect(deadline)
        try:
            return readable(await method(request, timeout=deadline.grpc_timeout()))
        except grpc.aio.AioRpcError as rpc_error:
            raise error_from_rpc(rpc_error) from None
        except asyncio.CancelledError:
            self._raise_if_closed_under_us()
            raise

    async def stream(
        self,
        method: Callable[[], grpc.aio.UnaryStreamMultiCallable[RequestT, ResponseT]],
        request: RequestT,
        timeout: float | None = None,
    ) -> AsyncGenerator[ResponseT, None]:
        """Yield the messages of one call, without retries. The call is cancelled when the generator is closed."""
        deadline = Deadline(timeout)
        await self.connect(deadline)
        call = method()(request, timeout=deadline.grpc_timeout())
        try:
            async for response in call:
                yield readable(response)
        except grpc.aio.AioRpcError as rpc_error:
            raise error_from_rpc(rpc_error) from None
        except asyncio.CancelledError:
            self._raise_if_closed_under_us()
            raise
        finally:
            call.cancel()

    async def connect(self, deadline: Deadline) -> None:
        """Return once the channel is ready: a call that fails from then on may have been sent, none before.

        Raises NotConnectedError where no service can be reached, DeadlineExceededError.
        """
        state = self.channel.get_state(try_to_connect=True)
        while state is not grpc.ChannelConnectivity.READY:
            if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE:
                raise NotConnectedError(f"no service can be reached at {self.address}")
            await self._wait_for_change(state, deadline)
            state = self.channel.get_state(try_to_connect=True)

    async def _wait_for_change(self, state: grpc.ChannelConnectivity, deadline: Deadline) -> None:
        try:
            await asyncio.wait_for(self.channel.wait_for_state_change(state), deadline.grpc_timeout())
        except TimeoutError:
            raise DeadlineExceededError(f"no connection to {self.address} in time") from None

    def _raise_if_closed_under_us(self) -> None:
        # Closing a channel cancels its calls: their awaiters see a CancelledError that nobody asked them for.
        task = asyncio.current_task()
        if self._closed and task is not None and not task.cancelling():
            raise ClientClosedError("the client was closed during the call") from None


def readable(response: ResponseT | None) -> ResponseT:
    """Return a response. Raises InternalError for bytes that are none: gRPC then gives None."""
    if response is None:
        raise InternalError("what the service has sent can't be read")
    return response
