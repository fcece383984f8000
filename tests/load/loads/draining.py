"""A server stream, drained as bytes."""

from pathlib import Path
from typing import Any

import grpc

from tests.load.loads.wire import Start, backend, channel, clock, unpacked


async def drain(
    start: Start, *, address: str, method: str, request: str, times: int = 1, save: str | None = None
) -> dict[str, Any]:
    """Read a stream to its end, some times; with `save`, write its messages to a file, each behind its length."""
    [message] = unpacked([request])
    async with channel(address) as connection:
        call: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = connection.unary_stream(backend(method))
        await connection.channel_ready()
        await start()
        durations, first_times, sizes = [], [], []
        kept: list[bytes] = []
        for _ in range(times):
            begun = clock()
            count = size = 0
            stream = call(message)
            while isinstance(data := await stream.read(), bytes):
                if not count:
                    first_times.append(clock() - begun)
                count += 1
                size += len(data)
                if save:
                    kept.append(data)
            durations.append(clock() - begun)
            sizes.append((count, size))
    if save:
        _save(Path(save), kept)
    return {"durations": durations, "firsts": first_times, "messages": sizes[0][0], "bytes": sizes[0][1]}


def _save(path: Path, messages: list[bytes]) -> None:
    with path.open("wb") as file:
        for data in messages:
            file.write(len(data).to_bytes(4, "big") + data)
