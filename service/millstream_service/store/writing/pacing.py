"""Work for the writer that goes on and on, in steps that leave it to others most of the time: it makes room."""

import asyncio
from typing import Any

from millstream_service.store.writing.commands import Command
from millstream_service.store.writing.writer import Writer

PAUSES = 2.0
"""A pause is so many times as long as the step before it took, with its wait: who else writes comes first,"""
MAX_PAUSE_SECONDS = 0.25
"""but the work goes on, however busy the writer is."""


async def repeat(writer: Writer, command: Command[Any]) -> int:
    """Have a command that makes room run until nothing more is to be done, as it says; return how often it was run.

    Raises what the command does.
    """
    loop = asyncio.get_running_loop()
    times = 1
    begun = loop.time()
    while (await writer.submit(command, frees=True))[0]:
        await asyncio.sleep(min(PAUSES * (loop.time() - begun), MAX_PAUSE_SECONDS))
        times += 1
        begun = loop.time()
    return times
