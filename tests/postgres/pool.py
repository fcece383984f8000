"""Databases of one server that are used again: made once, from one that has our schema, and emptied for each test.

To make a database and drop it takes ten times as long as to empty one. One in which a test has changed more than rows
(tables, indexes, settings of the database) is dropped instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import psycopg
from psycopg import sql

from millstream_service.store.database.database import Database
from tests.identity import secrets
from tests.postgres.server import PostgresServer

TEMPLATE = "millstream_template"
_Rows = list[tuple[Any, ...]]
_numbers = count(1)
_SIZES = """
SELECT c.relname, pg_relation_size(c.oid) > 0 FROM pg_class c
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname
"""
_SHAPE = """
SELECT md5(string_agg(one::text, ',' ORDER BY one::text)) FROM (
    SELECT (oid, relname, relkind, relowner, relacl, reloptions, relpersistence)::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT (attrelid, attname, atttypid, attcollation, attnotnull, atthasdef, attacl, attstorage)::text
        FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0
    UNION ALL SELECT (oid, conname, convalidated)::text FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT (indexrelid, indisvalid, indisready)::text FROM pg_index WHERE indexrelid >= 16384
    UNION ALL SELECT (oid, tgname, tgenabled)::text FROM pg_trigger
    UNION ALL SELECT (oid, proname)::text FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT (oid, nspname, nspacl)::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%%'
    UNION ALL SELECT (datallowconn, datconnlimit, datacl, datdba)::text FROM pg_database WHERE oid = %(oid)s
    UNION ALL SELECT (setrole, setconfig)::text FROM pg_db_role_setting WHERE setdatabase = %(oid)s
) AS all_of_it (one)
"""
_END_SESSIONS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_IDENTITY = "UPDATE store_state SET store_id = %s, secret = %s, key_salt = %s, place = NULL"


class Pool:
    """Databases with our schema and nothing else. What `take` gives is nobody else's until it is given back.

    Each keeps a connection of ours, whose server process knows the tables already: a new one takes longer to learn them
    than to empty them.
    """

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._free: list[_Pooled] = []
        Database(server.create_database(TEMPLATE)).open().close()
        with server.connected(TEMPLATE) as connection:
            connection.execute("UPDATE store_state SET place = NULL")
            self._seeds = _rows_of(connection)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the URL of a database that is as new, for as long as the block."""
        pooled = self._taken()
        try:
            yield self.server.url(pooled.name)
        finally:
            self._free.append(pooled)

    def _taken(self) -> "_Pooled":
        while self._free:
            pooled = self._free.pop()
            if pooled.emptied(self._seeds):
                return pooled
            pooled.close()
            self.server.drop_database(pooled.name)
        return self._made()

    def _made(self) -> "_Pooled":
        name = f"millstream_pool_{next(_numbers)}"
        self.server.create_database(name, template=TEMPLATE)
        pooled = _Pooled(self.server, name)
        pooled.renew()
        return pooled

    def close(self) -> None:
        """Close the connections."""
        for pooled in self._free:
            pooled.close()


class _Pooled:
    """One of them. Its connection may be gone: tests end those that they find."""

    def __init__(self, server: PostgresServer, name: str) -> None:
        self.name = name
        self._connect = partial(server.connected, name)
        self._connection = self._connect()
        self._shape = _shape(self._connection)

    def renew(self) -> None:
        """Make it another store."""
        self._connection.execute(_IDENTITY, secrets())

    def emptied(self, seeds: Mapping[str, _Rows]) -> bool:
        """Empty it; return False where that does not make it what it was."""
        try:
            if self._is_cut_off():
                self._connection.close()
                self._connection = self._connect()
            self._connection.execute(_END_SESSIONS)
            if _shape(self._connection) != self._shape:
                return False
            _empty(self._connection, seeds)
            self.renew()
        except psycopg.OperationalError:  # it lets nobody in any more
            return False
        return True

    def _is_cut_off(self) -> bool:
        try:
            self._connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return True
        return False

    def close(self) -> None:
        """Close its connection."""
        self._connection.close()


def _shape(connection: psycopg.Connection[Any]) -> str:
    [[oid]] = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchall()
    [[shape]] = connection.execute(_SHAPE.encode(), {"oid": oid}).fetchall()
    return str(shape)


def _rows_of(connection: psycopg.Connection[Any]) -> Mapping[str, _Rows]:
    """Return the rows of each table that has some."""
    names = [name for name, used in connection.execute(_SIZES).fetchall() if used]
    return {
        name: connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))).fetchall() for name in names
    }


def _empty(connection: psycopg.Connection[Any], seeds: Mapping[str, _Rows]) -> None:
    used = [name for name, used in connection.execute(_SIZES).fetchall() if used]
    with connection.transaction():
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(map(sql.Identifier, used))))
        for name, rows in seeds.items():
            _insert(connection, name, rows)


def _insert(connection: psycopg.Connection[Any], name: str, rows: Sequence[tuple[Any, ...]]) -> None:
    places = sql.SQL(", ").join([sql.Placeholder()] * len(rows[0]))
    statement = sql.SQL("INSERT INTO {} VALUES ({})").format(sql.Identifier(name), places)
    connection.cursor().executemany(statement, rows)
