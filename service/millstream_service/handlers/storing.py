"""What the writes of entities have in common: one command for the writer each."""

from functools import partial
from typing import Any, TypeVar

from google.protobuf.message import Message

from millstream_service.convert.fields import identifier
from millstream_service.convert.shapes import Shape, changed_columns
from millstream_service.handlers.parts import Handler
from millstream_service.store import rows
from millstream_service.store.resources import Resource

M = TypeVar("M", bound=Message)


class Storing(Handler):
    """Create, update, delete."""

    async def _create(self, resource: Resource, values: rows.Row) -> tuple[rows.Row, int]:
        return await self.parts.writer.submit(partial(rows.create, resource=resource, values=values))

    async def _update(self, resource: Resource, shape: Shape[M], message: M, paths: Any) -> tuple[rows.Row, int]:
        key = identifier(f"{shape.path}.{resource.key}", getattr(message, resource.key))
        columns = changed_columns(shape, message, paths)
        return await self.parts.writer.submit(
            partial(rows.change, resource=resource, key=key, values=columns, check=shape.check_changed)
        )

    async def _delete(self, resource: Resource, key: str, field: str = "id") -> int:
        command = partial(rows.remove, resource=resource, key=identifier(field, key))
        _, revision = await self.parts.writer.submit(lambda connection: (None, command(connection)))
        return revision
