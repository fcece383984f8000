"""PostgreSQL goes away under load, and everyone goes on by themselves."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Self

from millstream import AsyncClient, RetryPolicy
from tests.faults.load import Load
from tests.faults.records import new_build
from tests.faults.recovery import recovered
from tests.load import pgbench
from tests.load.bench import DATABASE, Bench
from tests.load.measures import Line, Times
from tests.load.processes import service
from tests.postgres.server import PostgresServer, several

_BUILDS = 4
_LINE_SIZE = 150
_ROUNDS = 10
_PATIENT = RetryPolicy(max_attempts=100)
"""As by default, but that no call is given up."""
Outage = Callable[[int], float]
"""Has PostgreSQL go away for the nth time; returns once it takes writes again: how many seconds it was away."""


@dataclass
class _Found:
    """How long PostgreSQL was away each time, how long everyone took from then on, what was acknowledged and wrong."""

    away: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    acknowledged: int = 0
    wrong: str = ""


class PostgresRestart:
    """How soon after a restart of PostgreSQL under load each who writes, and each stream, goes on by itself.

    Two services on one PostgreSQL. Clients of both create builds, update one, write to four logs and tail them, watch a
    value and a list, and follow the feed, all with the default retries. Ten times PostgreSQL is stopped (`fast`) and
    started, every second time by SIGKILL. It is counted from the moment that it takes connections again, and for each
    who writes and each stream; beside it, how long PostgreSQL itself was away. Everything that was acknowledged must
    have come to all in the end, in order, once.
    """

    name = "postgres-restart"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Restart it under load."""
        with pgbench.on_postgres(bench) as there, there.database() as url:
            server = pgbench.server(there)

            def restart(turn: int) -> float:
                begun = time.monotonic()
                if turn % 2:
                    server.kill()
                    server.start()
                else:
                    server.restart()
                return time.monotonic() - begun

            yield from _lines("restarted", asyncio.run(_under_load(bench, url, restart)))


class PostgresFailover:
    """How soon after a failover of PostgreSQL under load each who writes, and each stream, goes on by itself.

    As `postgres-restart`, with both servers in the services' URL: ten times the one that takes writes is killed, its
    synchronous standby promoted, and a new standby made in the place of the first. It is counted from the end of the
    promotion.
    """

    name = "postgres-failover"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Have the standby take over under load, again and again."""
        with pgbench.on_postgres(bench) as there, _Pair(pgbench.server(there)) as pair:
            yield from _lines("failed over", asyncio.run(_under_load(bench, pair.url, pair.fail_over)))


class _Pair:
    """A server, and its synchronous standby. Enter it to have them; the first one's user closes that."""

    def __init__(self, first: PostgresServer) -> None:
        self._stack = ExitStack()
        self._first, self._standby = first, first

    def __enter__(self) -> Self:
        self._first.create_database(DATABASE)
        self._follow(self._first)
        self.url = several([self._first, self._standby], DATABASE)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _follow(self, server: PostgresServer, port: int | None = None) -> None:
        self._first, self._standby = server, server.standby(port)
        self._stack.callback(self._standby.close)

    def fail_over(self, turn: int) -> float:
        """Have the standby take over. Where it has done so before, a new one comes first, in the place of the old."""
        if turn:
            self._follow(self._standby, self._first.port)
        begun = time.monotonic()
        self._first.kill()
        self._standby.promote()
        return time.monotonic() - begun


async def _under_load(bench: Bench, url: str, outage: Outage) -> _Found:
    found = _Found()
    with service(url) as one, service(url) as other:
        async with AsyncClient(one.address, retry=_PATIENT) as a, AsyncClient(other.address, retry=_PATIENT) as b:
            load = Load([a, b], [await new_build(a) for _ in range(bench.scaled(_BUILDS))], _LINE_SIZE)
            try:
                await _with_outages(load, bench, outage, found)
                load.assert_whole()
            except* AssertionError as errors:
                found.wrong = "; ".join(str(error) for error in errors.exceptions)
            found.acknowledged = load.acknowledged
    return found


async def _with_outages(load: Load, bench: Bench, outage: Outage, found: _Found) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(load.run())
        for turn in range(bench.scaled(_ROUNDS)):
            await recovered(load)
            await asyncio.sleep(bench.seconds)
            found.away.append(await asyncio.to_thread(outage, turn))
            found.took += (await recovered(load)).values()
        load.stop()


def _lines(what: str, found: _Found) -> Iterator[Line]:
    """Yield what was lost, and how long it took: that is the 99th percentile."""
    name = f"PostgreSQL {what} {len(found.away)} times under load"
    note, lost = found.wrong, 1 if found.wrong else 0
    all_ = "all that was acknowledged"
    yield Line(f"{name}: lost, or not gone on with", "", lost, found.acknowledged, all_, 0.0, most=True, note=note)
    times, away = Times.of(found.took), Times.of(found.away)
    yield Line(
        f"{name}: until everyone goes on, p99",
        " ms",
        1000 * times.p99,
        1000 * away.p50,
        "how long it was away",
        most=True,
        times=times,
        floor_times=away,
        note=f"{len(found.took)} times of writers and streams",
    )
