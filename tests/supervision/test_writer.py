"""The writer's thread and its callbacks fail: each waiting caller gets a true answer, and the service ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import Connection

from millstream_service.background import Supervisor
from millstream_service.errors import OutcomeUnknownError, ServiceFailedError, StoreUnavailableError
from millstream_service.store.builds import queries as build_queries
from millstream_service.store.builds.tables import PROJECTS
from millstream_service.store.database.database import Database
from millstream_service.store.history.changes import Change, Commit
from millstream_service.store.writing import writer as writer_module
from millstream_service.store.writing.group_commit import GroupCommit
from millstream_service.store.writing.writer import Writer
from tests.deadline import within
from tests.store.family import create, project


class Desk:
    """A writer, and what becomes of it."""

    def __init__(self, database: Database, publish: Callable[[Commit], None]) -> None:
        self.database = database
        self.supervisor = Supervisor()
        self.writer = Writer(database, publish, self.supervisor)

    def create(self, key: str) -> "asyncio.Future[tuple[Any, int]]":
        return self.writer.submit(create(PROJECTS, project(key)))

    async def fails(self) -> str:
        """Wait until the service has failed; return what it says."""
        with pytest.raises(ServiceFailedError) as failed:
            await within(self.supervisor.until(asyncio.Event()))
        return failed.value.message


@asynccontextmanager
async def desk(database: Database, publish: Callable[[Commit], None] = lambda _: None) -> AsyncIterator[Desk]:
    it = Desk(database, publish)
    try:
        yield it
    finally:
        await within(it.writer.close())


async def test_writes_that_can_not_be_published_are_answered_for_they_stand(database: Database) -> None:
    def publish(_: Commit) -> None:
        raise RuntimeError("planted")

    async with desk(database, publish) as it:
        writes = [it.create("one"), it.create("two")]
        it.writer.start()
        assert [(await within(write))[1] for write in writes] == [1, 1]
        assert await it.fails() == "the service has failed: publishing: RuntimeError: planted"
        assert database.read_now(build_queries.project_ids) == ["two", "one"]


class _Breaking(BaseException):
    """What no `except Exception` catches."""


async def test_a_thread_that_dies_answers_all_who_wait(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_connection: Connection) -> tuple[None, list[Change]]:
        raise _Breaking("planted")

    monkeypatch.setattr(writer_module, "MAX_COMMANDS_A_COMMIT", 1)
    async with desk(database) as it:
        writes = [it.writer.submit(die), it.create("next"), it.create("last")]
        it.writer.start()
        errors = await within(asyncio.gather(*writes, return_exceptions=True))
        assert [type(error) for error in errors] == [OutcomeUnknownError, StoreUnavailableError, StoreUnavailableError]
        assert await it.fails() == "the service has failed: writer: _Breaking: planted"
        with pytest.raises(StoreUnavailableError):
            it.create("too late")


async def test_a_fault_of_the_group_commit_itself_is_no_different(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(_commit: GroupCommit, _group: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(GroupCommit, "write", write)
    async with desk(database) as it:
        it.writer.start()
        with pytest.raises(OutcomeUnknownError):
            await within(it.create("one"))
        assert await it.fails() == "the service has failed: writer: RuntimeError: planted"


async def test_a_fault_behind_the_answers_takes_no_answer_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(database) as it:
        it.writer.start()
        write = it.create("one")

        def consider() -> None:
            raise RuntimeError("planted")

        monkeypatch.setattr(it.writer, "_consider", consider)
        assert (await within(write))[1] == 1
        assert await it.fails() == "the service has failed: writer: RuntimeError: planted"


async def test_a_fault_while_a_group_gathers_answers_all_who_wait(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(database) as it:
        it.writer.start()
        await within(asyncio.gather(*(it.create(key) for key in "abc")))  # now it expects as many again, and waits

        def hand_over() -> None:
            raise RuntimeError("planted")

        monkeypatch.setattr(it.writer, "_hand_over", hand_over)
        with pytest.raises(StoreUnavailableError, match="the service has failed"):
            await within(it.create("one"))
        assert await it.fails() == "the service has failed: writer: RuntimeError: planted"
