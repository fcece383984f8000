"""What the writes of entities have in common: one command for the writer each."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from google.protobuf.message import Message

from millstream_service.convert.fields import identifier
from millstream_service.convert.shapes import Shape, changed_columns
from millstream_service.errors import AlreadyExistsError
from millstream_service.handlers.parts import Handler
from millstream_service.store import pacing, removal, rows
from millstream_service.store.changes import Change
from millstream_service.store.commands import Command
from millstream_service.store.resources import Resource

A = TypeVar("A")
T = TypeVar("T")
M = TypeVar("M", bound=Message)


class Storing(Handler):
    """Create, update, delete."""

    async def _stored(self, command: Command[T], answer: Callable[[T], A]) -> tuple[A, int]:
        """Run a command, and make its answer before it is committed: one that can't be made is not stored."""

        def answered(connection: Any) -> tuple[A, Sequence[Change]]:
            result, changes = command(connection)
            return answer(result), changes

        return await self.parts.writer.submit(answered)

    async def _create(self, resource: Resource, shape: Shape[M], values: rows.Row) -> tuple[M, int]:
        create = partial(rows.create, resource=resource, values=values)
        return await self._created(create, shape.to_message, resource, values[resource.key])

    async def _created(self, create: Any, answer: Callable[[Any], A], resource: Resource, key: str) -> tuple[A, int]:
        """Run a command that creates: where something dead may be in its way (see `deletions`), once more past that."""
        try:
            return await self._stored(create, answer)
        except AlreadyExistsError:
            await pacing.repeat(self.parts.writer, partial(removal.clear_way, resource=resource, key=key))
            return await self._stored(partial(create, past_dead=True), answer)

    async def _update(self, resource: Resource, shape: Shape[M], message: M, paths: Any) -> tuple[M, int]:
        key = identifier(f"{shape.path}.{resource.key}", getattr(message, resource.key))
        columns = changed_columns(shape, message, paths)
        command = partial(rows.change, resource=resource, key=key, values=columns, check=shape.check_changed)
        return await self._stored(command, shape.to_message)

    async def _delete(self, resource: Resource, key: str, field: str = "id") -> int:
        key = identifier(field, key)
        return await self._deleted(partial(removal.remove, resource=resource, key=key), resource.table.name, key)

    async def _deleted(self, delete: Command[bool], table: str, key: str) -> int:
        """Run a command that deletes; what it leaves is taken away in the background."""
        left, revision = await self.parts.writer.submit(delete, frees=True)
        if left:
            self.parts.purger.begin(table, key)
        return revision
