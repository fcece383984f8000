"""`millstream agents list --watch`: a table that stays up to date, or a line for each change."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial

from millstream import AsyncClient
from millstream.agents.v1.instance_pb2 import INSTANCE_STATUS_TERMINATED, Instance
from millstream.cli.agents.instance_filter import InstanceFilter
from millstream.cli.agents.instance_row import HEADINGS, instance_row, instance_table, plain_line
from millstream.cli.shared.changes import Changes
from millstream.cli.shared.json_output import json_line
from millstream.cli.shared.live_table import LEAST_INTERVAL, TICK, LiveTable, live_table
from millstream.cli.shared.tally import format_count
from millstream.cli.shared.terminal import is_terminal, put_line

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
        values = client.agents.watch_instances(**wanted.as_arguments(), limit=wanted.limit, min_interval=LEAST_INTERVAL)
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
    with live_table() as screen:
        await _show(address, wanted, lambda instances: _put(instances, screen), TICK)


def _put(instances: list[Instance], screen: LiveTable) -> None:
    now = datetime.now(UTC)
    rows = [instance_row(instance, now) for instance in instances[: screen.max_rows]]
    at_work = sum(instance.status != INSTANCE_STATUS_TERMINATED for instance in instances)
    screen.show(
        instance_table(rows, screen.width), f"{format_count(len(instances), 'instance')}, {at_work} not terminated"
    )
