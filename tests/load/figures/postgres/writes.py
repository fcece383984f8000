"""Durable writes on PostgreSQL, beside PostgreSQL's own load tool and beside SQLite."""

from collections.abc import Callable, Iterator

from tests.load import pgbench
from tests.load.bench import Bench, recorded
from tests.load.figures.logs.appended_lines import Append
from tests.load.figures.unary_writes import AT_ONCE, creates
from tests.load.measures import Line, Times, middle
from tests.load.processes import Generator, Loaded, Server, together

_LINES_A_BATCH = 500
_LINES = """
CREATE TABLE lines (id uuid PRIMARY KEY, build_id text NOT NULL, seq bigint NOT NULL, level int NOT NULL, content text);
CREATE INDEX lines_of_build ON lines (build_id, seq);
CREATE INDEX lines_of_level ON lines (build_id, level, seq);
CREATE SEQUENCE firsts INCREMENT 500
"""
_INSERT_LINES = """
INSERT INTO lines SELECT gen_random_uuid(), 'build', first + n, 2, rpad('CompileC File' || n, 120, md5(n::text))
FROM nextval('firsts') AS first, generate_series(0, 499) AS n;
"""


class PostgresWrites:
    """How many durable writes a service answers in a second on PostgreSQL: CreateBuild calls, and lines of logs.

    CreateBuild: 32 calls at once over one connection, as in `unary`. The floor is pgbench: 32 clients, each of which
    inserts the same row into the same table with the same durability, a transaction a row, over a unix socket, with
    prepared statements. It has no RPC, no change log and no revision: what is between the two is all that a service is.

    Lines: batches of 500 by one writer, as in `lines`. The floor is pgbench with a row a line, each with an id and two
    indexes, 500 a transaction, made by the server itself.

    Beside both stands the same on SQLite, in turn in the same run.
    """

    name = "postgres-writes"
    by_default = True

    def run(self, bench: Bench) -> Iterator[Line]:
        """Measure both."""
        [generator] = bench.crew.of(1)
        with (
            pgbench.on_postgres(bench) as there,
            bench.service() as on_sqlite,
            there.service() as service,
            recorded(on_sqlite, 1) as (_, [build_on_sqlite]),
            recorded(service, 1) as (_, [build]),
        ):
            yield from _creates(there, generator, service, on_sqlite)
            append, on_sqlite_too = Append(bench, generator, service), Append(bench, generator, on_sqlite)
            yield from _lines(there, lambda: append.batches([build]), lambda: on_sqlite_too.batches([build_on_sqlite]))


def _creates(bench: Bench, generator: Generator, service: Server, on_sqlite: Server) -> Iterator[Line]:
    def calls(server: Server) -> Loaded:
        parameters = {"method": "CreateBuild", "requests": creates(), "seconds": bench.seconds}
        return together(server, [(generator, "unary", parameters)])

    insert = pgbench.insert_again(bench, "builds", "id")
    bare, theirs, ours = [], [], []
    for _ in range(bench.rounds):
        bare.append(pgbench.rate(bench, insert, AT_ONCE))
        ours.append(calls(service))
        theirs.append(calls(on_sqlite))
    name = f"durable CreateBuild on PostgreSQL, {AT_ONCE} at once"
    value, sqlite_value = (middle([one.result["rate"] for one in some]) for some in (ours, theirs))
    times, sqlite_times = (Times.of_all(one.result["times"] for one in some) for some in (ours, theirs))
    yield Line(name, "/s", value, middle(bare), f"pgbench, {AT_ONCE} clients with the same insert", times=times)
    yield Line(name, "/s", value, sqlite_value, "the same on SQLite", times=times, floor_times=sqlite_times)


Rate = Callable[[], tuple[float, str]]


def _lines(bench: Bench, append: Rate, append_on_sqlite: Rate) -> Iterator[Line]:
    pgbench.prepare(bench, _LINES)
    bare, theirs, ours = [], [], []
    for _ in range(bench.rounds):
        bare.append(_LINES_A_BATCH * pgbench.rate(bench, _INSERT_LINES, 1))
        ours.append(append())
        theirs.append(append_on_sqlite())
    name = "durable lines on PostgreSQL, 1 writer"
    value, note = middle([rate for rate, _ in ours]), ours[-1][1]
    yield Line(name, "/s", value, middle(bare), "pgbench, a row a line, with an id and indexes", note=note)
    yield Line(name, "/s", value, middle([rate for rate, _ in theirs]), "the same on SQLite", note=theirs[-1][1])
