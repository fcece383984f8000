"""The service, which counts the statements that SQLite runs for it, on all of its connections.

SQLite itself tells (`sqlite3_trace`), so none is missed. On SIGUSR1 it prints how many there
have been so far. Arguments: as the service's.
"""

import signal
import sqlite3
import sys
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

from millstream_service.__main__ import main


class Statements:
    """Counts. Each connection has a counter of its own, for only one thread at a time uses it."""

    def __init__(self) -> None:
        self._counters: list[list[int]] = []

    def watch(self, connection: sqlite3.Connection, _record: object) -> None:
        """Count what this connection runs from now on."""
        counter = [0]
        self._counters.append(counter)

        def count(_statement: str) -> None:
            counter[0] += 1

        connection.set_trace_callback(count)

    def tell(self, *_: Any) -> None:
        """Print how many there have been."""
        print(sum(counter[0] for counter in self._counters), flush=True)  # noqa: T201 - the harness waits for it


if __name__ == "__main__":
    statements = Statements()
    event.listen(Pool, "connect", statements.watch)
    signal.signal(signal.SIGUSR1, statements.tell)
    sys.exit(main())
