"""How long to go on with something that comes no further."""

import asyncio
from collections.abc import Callable

_LOOK = 0.05

Progress = tuple[int, ...]
"""Numbers of which each grows with what was done: read, acknowledged."""


async def wait_until_hopeless(
    progress: Callable[[], Progress], seconds: float, is_held_up: Callable[[], bool] = lambda: False
) -> None:
    """Wait until none of these numbers has grown for so many seconds, not counting the time that it is held up.

    What starts over has to come further than it ever was.
    """
    loop = asyncio.get_running_loop()
    most, since = progress(), loop.time()
    while loop.time() - since < seconds:
        await asyncio.sleep(_LOOK)
        now = progress()
        if is_held_up() or any(new > old for new, old in zip(now, most, strict=True)):
            most, since = tuple(map(max, now, most)), loop.time()
