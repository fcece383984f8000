"""The list of a log's lines is read on from where it was: it must be what reading it all gives."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from millstream.builds.v1.build_log_pb2 import BuildLogEntry
from millstream_service.convert.logs.line_filter import line_filter
from millstream_service.convert.logs.logs import check_entries
from millstream_service.handlers.logs.log_ids import LogIds, LogListing, log_listing
from millstream_service.store.builds.tables import BUILDS
from millstream_service.store.database.database import Database
from millstream_service.store.entities import removal
from millstream_service.store.logs import log_removal, logs
from tests.entities import DEBUG, INFO, entry
from tests.store.family import build, create, family

Write = Callable[[Callable[[Connection], Any]], Any]


class Log:
    """A build's log, and the list of its lines but for those of level DEBUG."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.connect_writer()
        self.write(family)

    def write(self, command: Callable[[Connection], Any]) -> Any:
        with self.connection.begin():
            return command(self.connection)

    def add(self, *levels: Any) -> None:
        for level in levels:
            entries: list[BuildLogEntry] = [entry(level=level)]
            encode = check_entries(entries).encoder("build")
            self.write(partial(logs.append_line, build_id="build", encode=encode))

    def read(self, previous: LogListing | None = None) -> LogListing:
        wanted = line_filter(0, None, debug=False)
        query = partial(log_listing, previous=previous, build_id="build", wanted=wanted)
        return self.database.read_now(query)

    def seqs(self, previous: LogListing | None = None) -> list[int]:
        return [int(key.rpartition("/")[2]) for key in self.read(previous).items]


@pytest.fixture
def log() -> Iterator[Log]:
    database = Database("sqlite:///:memory:").open()
    yield Log(database)
    database.close()


def test_reading_on_gives_what_reading_it_all_gives(log: Log) -> None:
    listing = log.read()
    for levels in ([INFO, DEBUG], [DEBUG], [INFO], [], [INFO, INFO, DEBUG, INFO]):
        log.add(*levels)
        assert log.seqs(listing) == log.seqs()
        listing = log.read(listing)
    assert log.seqs() == [1, 4, 5, 6, 8]
    assert isinstance(listing.items, LogIds)
    assert listing.items.runs.tolist() == [1, 1, 4, 6, 8, 8], "neighbours are one run"


def test_deleted_lines_leave_the_list(log: Log) -> None:
    log.add(INFO, DEBUG, INFO)
    listing = log.read()
    log.write(partial(log_removal.delete_lines, build_id="build"))
    assert log.seqs(listing) == []
    log.add(DEBUG, INFO)
    assert log.seqs(listing) == [5]


def test_a_build_that_is_gone_has_no_lines(log: Log) -> None:
    log.add(INFO)
    listing = log.read()
    log.write(partial(removal.remove, resource=BUILDS, key="build"))
    assert log.seqs(listing) == []


def test_a_build_that_was_made_again_meanwhile_has_the_lines_of_the_new_one(log: Log) -> None:
    log.add(INFO, DEBUG)
    listing = log.read()
    log.write(partial(removal.remove, resource=BUILDS, key="build"))
    log.write(create(BUILDS, build()))
    log.add(DEBUG, INFO)
    assert log.seqs(listing) == [2]
