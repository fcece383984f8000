"""Lines written with the client that applications use."""

from typing import Any

from millstream import Client
from tests.load.loads.wire import Start, clock
from tests.load.text import lines

_CHUNK = 1_000


async def write_lines(start: Start, *, address: str, build: str, seconds: float, length: int = 120) -> dict[str, Any]:
    """Write line by line with a LogWriter; the time of the last flush counts."""
    texts = lines(_CHUNK, length, 1)
    with Client(address) as client:
        client.builds.get_build(build)
        with client.builds.log_writer(build) as log:
            await start()
            begun = clock()
            count = 0
            while clock() - begun < seconds:
                for text in texts:
                    log.write(text)
                count += _CHUNK
            log.flush()
            elapsed = clock() - begun
    return {"rate": count / elapsed}
