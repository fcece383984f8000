"""What loads have in common: channels that carry bytes, bytes in JSON, and a clock that all processes share."""

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Sequence
from struct import Struct

import grpc

Start = Callable[[], Awaitable[None]]
OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1))
"""A channel has a connection of its own: as many clients have."""

clock = time.monotonic
"""Of Linux and macOS: the same in all processes."""
TIME = Struct("<d")
"""Such a time, in bytes."""


def channel(address: str, *options: tuple[str, int]) -> grpc.aio.Channel:
    """Return a channel with a connection of its own, and more options."""
    return grpc.aio.insecure_channel(address, options=[*OPTIONS, *options])


async def end(tasks: "Sequence[asyncio.Task[None]]") -> None:
    """Cancel tasks, and raise the error of any that failed before."""
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result


def packed(messages: Sequence[bytes]) -> list[str]:
    """Return bytes as JSON carries them."""
    return [base64.b64encode(message).decode() for message in messages]


def unpacked(messages: Sequence[str]) -> list[bytes]:
    """Return bytes as they were."""
    return [base64.b64decode(message) for message in messages]


def backend(method: str) -> str:
    """Return the path of an RPC of BackendService; one that is a path already stays as it is."""
    return method if method.startswith("/") else f"/millstream.builds.v1.BackendService/{method}"
