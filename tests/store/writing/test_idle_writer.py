"""A writer that has nothing to do holds nothing of what it has done."""

import weakref
from typing import Any

from sqlalchemy import Connection

from millstream_service.background import Supervisor
from millstream_service.store.database.database import Database
from millstream_service.store.writing.writer import Writer
from tests.deadline import until, within


class Large:
    """A command that may be large: it has the lines that it writes."""

    def __call__(self, _connection: Connection) -> tuple[str, tuple[()]]:
        return "done", ()


async def test_what_was_written_goes_before_anything_else_is(tmp_path: Any) -> None:
    database = Database(f"sqlite:///{tmp_path}/store.sqlite3").open()
    writer = Writer(database, lambda _commit: None, Supervisor())
    writer.start()
    command = Large()
    gone = weakref.ref(command)
    written = writer.submit(command)
    del command
    await within(written)
    await until(lambda: gone() is None, "the command has gone")
    await within(writer.close())
    database.close()
