"""Tasks that run as long as the service does: started by name, not silent when they fail, stopped for sure."""

import asyncio
import logging
from collections.abc import Coroutine

_log = logging.getLogger(__name__)
Task = asyncio.Task[None]


def start(work: Coroutine[None, None, None], name: str) -> Task:
    """Start a task. Should it ever fail, that is a fault of ours, and the log says so."""
    task = asyncio.create_task(work, name=f"millstream-{name}")
    task.add_done_callback(_note)
    return task


def _note(task: Task) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.critical("%s has failed", task.get_name(), exc_info=task.exception())


async def stop(*tasks: Task | None) -> None:
    """Cancel tasks and wait until they are over."""
    running = [task for task in tasks if task is not None]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
