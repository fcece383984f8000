"""A process that generates load: a line of JSON with a load and its parameters in, `ready` out, `go` in, JSON out."""

import asyncio
import json
import sys

from tests.load.loads.registry import LOADS


async def main() -> None:
    """Take loads until the input ends."""
    reader = asyncio.StreamReader(limit=1 << 30)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def start() -> None:
        print("ready", flush=True)  # noqa: T201 - the protocol
        await reader.readline()

    while line := await reader.readline():
        parameters = json.loads(line)
        load = LOADS[parameters.pop("load")]
        print(json.dumps(await load(start, **parameters)), flush=True)  # noqa: T201 - the protocol


if __name__ == "__main__":
    asyncio.run(main())
