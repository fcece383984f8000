"""What the writes of entities have in common: one command for the writer each."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from google.protobuf.message import Message

from millstream_service.convert.fields import identifier
from millstream_service.convert.shapes import Shape, changed_columns
from millstream_service.errors import AlreadyExistsError
from millstream_service.handlers.shared.dependencies import Handler
from millstream_service.store.entities import removal, rows
from millstream_service.store.history.changes import Change
from millstream_service.store.schema.resources import Resource
from millstream_service.store.writing import pacing
from millstream_service.store.writing.commands import Command

A = TypeVar("A")
T = TypeVar("T")
M = TypeVar("M", bound=Message)


class Answer(Protocol):
    """The response of a write. Only its revision is known no sooner than once it is committed."""

    revision: int


R = TypeVar("R", bound=Answer)


def add_answer(command: Command[T], answer: Callable[[T], A]) -> Command[tuple[T, A]]:
    """Return a command that makes its answer, too, before it is committed: one that can't be made is not stored."""

    def run_and_answer(connection: Any) -> tuple[tuple[T, A], Sequence[Change]]:
        result, changes = command(connection)
        return (result, answer(result)), changes

    return run_and_answer


class Storing(Handler):
    """Create, update, delete: each takes what makes its answer, and returns that with the revision."""

    async def _run(
        self, command: Command[T], answer: Callable[[T], R], *, size: int = 0, frees: bool = False
    ) -> tuple[T, R]:
        """Run a command; return its result and its answer. `size`, `frees`: see Writer.submit."""
        (result, made), revision = await self.dependencies.writer.submit(add_answer(command, answer), size, frees=frees)
        made.revision = revision
        return result, made

    async def _store(self, command: Command[T], answer: Callable[[T], R], *, size: int = 0, frees: bool = False) -> R:
        """Run a command; return its answer."""
        return (await self._run(command, answer, size=size, frees=frees))[1]

    async def _create(self, resource: Resource, shape: Shape[M], values: rows.Row, answer: Callable[[M], R]) -> R:
        create = partial(rows.create, resource=resource, values=values)
        return await self._run_create(create, lambda row: answer(shape.to_message(row)), resource, values[resource.key])

    async def _run_create(self, create: Any, answer: Callable[[Any], R], resource: Resource, key: str) -> R:
        """Run a command that creates: where something dead may be in its way (see `deletions`), once more past that."""
        try:
            return await self._store(create, answer)
        except AlreadyExistsError:
            await pacing.repeat(self.dependencies.writer, partial(removal.clear_way, resource=resource, key=key))
            return await self._store(partial(create, past_dead=True), answer)

    async def _update(self, resource: Resource, shape: Shape[M], message: M, paths: Any, answer: Callable[[M], R]) -> R:
        key = identifier(f"{shape.path}.{resource.key}", getattr(message, resource.key))
        columns = changed_columns(shape, message, paths)
        command = partial(rows.change, resource=resource, key=key, values=columns, check=shape.check_changed)
        return await self._store(command, lambda row: answer(shape.to_message(row)))

    async def _delete(self, resource: Resource, key: str, answer: Callable[[], R]) -> R:
        key = identifier("id", key)
        return await self._run_delete(
            partial(removal.remove, resource=resource, key=key), resource.table.name, key, answer
        )

    async def _run_delete(self, delete: Command[bool], table: str, key: str, answer: Callable[[], R]) -> R:
        """Run a command that deletes; what it leaves is taken away in the background."""
        left, made = await self._run(delete, lambda _left: answer(), frees=True)
        if left:
            self.dependencies.purger.begin(table, key)
        return made
