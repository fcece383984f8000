"""What the writes of entities have in common: one command for the writer each."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from google.protobuf.message import Message

from millstream_service.convert.fields import identifier
from millstream_service.convert.shapes import Shape, changed_columns
from millstream_service.handlers.parts import Handler
from millstream_service.store import rows
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
        return await self._stored(partial(rows.create, resource=resource, values=values), shape.to_message)

    async def _update(self, resource: Resource, shape: Shape[M], message: M, paths: Any) -> tuple[M, int]:
        key = identifier(f"{shape.path}.{resource.key}", getattr(message, resource.key))
        columns = changed_columns(shape, message, paths)
        command = partial(rows.change, resource=resource, key=key, values=columns, check=shape.check_changed)
        return await self._stored(command, shape.to_message)

    async def _delete(self, resource: Resource, key: str, field: str = "id") -> int:
        command = partial(rows.remove, resource=resource, key=identifier(field, key))
        _, revision = await self.parts.writer.submit(lambda connection: (None, command(connection)))
        return revision
