"""Replay of a finished log on PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace

from tests.load import pgbench
from tests.load.bench import Bench
from tests.load.figures.logs.replay import Replay
from tests.load.measures import Line


class PostgresReplay:
    """The same as `replay`, with the log in PostgreSQL: beside the same floor, without a target of its own."""

    name = "postgres-replay"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure it."""
        with pgbench.on_postgres(bench) as there:
            for line in Replay().run(there):
                yield replace(line, name=f"{line.name}, on PostgreSQL", target=None)
