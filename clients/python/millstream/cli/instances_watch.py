"""`millstream agents list --watch`: a table that stays up to date, or a line for each change."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from millstream import AsyncClient
from millstream.agents.v1.instance_pb2 import INSTANCE_STATUS_TERMINATED, Instance
from millstream.cli.instance_filter import InstanceFilter
from millstream.cli.instance_row import HEADINGS, instance_row, instance_table, plain_line
from millstream.cli.json_output import json_line
from millstream.cli.tally import counted
from millstream.cli.terminal import is_terminal, put_line, stdout_console

# In seconds: between two values of the stream, and between two drawings where only the time has passed.
LEAST_INTERVAL = 0.2
TICK = 1.0

Show = Callable[[list[Instance]], None]


def watch_instances(address: str, wanted: InstanceFilter, *, json: bool) -> None:
    """Show the instances until the user has seen enough."""
    if json or not is_terminal():
        asyncio.run(_print_changes(address, wanted, json=json))
    else:
        asyncio.run(_draw(address, wanted))


async def _show(address: str, wanted: InstanceFilter, show: Show, tick: float | None) -> None:
    """Call `show` with each value, and with the newest again after so many seconds without one."""
    async with AsyncClient(address) as client:
        values = client.watch_instances(**wanted.as_arguments(), limit=wanted.limit, min_interval=LEAST_INTERVAL)
        async with aclosing(values):
            newest = await anext(values)
            while True:
                show(newest)
                newest = await _next(values, partial(show, newest), tick)


async def _next(
    values: AsyncGenerator[list[Instance], None], passed: Callable[[], None], tick: float | None
) -> list[Instance]:
    coming = asyncio.ensure_future(anext(values))
    try:
        while not (await asyncio.wait({coming}, timeout=tick))[0]:
            passed()
        return coming.result()
    finally:
        coming.cancel()
        await asyncio.wait({coming})  # a generator that still runs can't be closed


class Changes:
    """Told of all instances again and again, it says which are new or have changed."""

    def __init__(self) -> None:
        self._told: dict[str, bytes] = {}

    def among(self, instances: list[Instance]) -> Iterator[Instance]:
        """Yield those, oldest first, as they happened."""
        for instance in reversed(instances):
            seen = instance.SerializeToString(deterministic=True)
            if self._told.get(instance.id) != seen:
                self._told[instance.id] = seen
                yield instance


async def _print_changes(address: str, wanted: InstanceFilter, *, json: bool) -> None:
    changes = Changes()
    if not json:
        put_line(plain_line(HEADINGS))

    def show(instances: list[Instance]) -> None:
        for instance in changes.among(instances):
            put_line(json_line(instance) if json else plain_line(instance_row(instance, datetime.now(UTC))))
        sys.stdout.flush()

    await _show(address, wanted, show, None)


async def _draw(address: str, wanted: InstanceFilter) -> None:
    console = stdout_console()
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        await _show(address, wanted, lambda instances: live.update(_picture(instances, console), refresh=True), TICK)


def _picture(instances: list[Instance], console: Console) -> Group:
    """Return as many rows as the terminal has lines for, and a line about what is to be seen."""
    now = datetime.now(UTC)
    rows = [instance_row(instance, now) for instance in instances[: max(console.height - 4, 1)]]
    at_work = sum(instance.status != INSTANCE_STATUS_TERMINATED for instance in instances)
    note = f"{counted(len(instances), 'instance')}, {at_work} not terminated. Ctrl-C to leave."
    return Group(instance_table(rows, console.width), Text(), Text(note, style="dim"))
