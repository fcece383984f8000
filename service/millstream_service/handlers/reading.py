"""What the reads of entities have in common: one row, or a page of them."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from google.protobuf.message import Message

from millstream_service.convert.fields import identifier
from millstream_service.convert.shapes import Shape
from millstream_service.handlers import paging
from millstream_service.handlers.parts import Handler
from millstream_service.store import rows
from millstream_service.store.database import Reader
from millstream_service.store.resources import Resource

M = TypeVar("M", bound=Message)
Found = Iterable[tuple[rows.Row, Sequence[Any]]]
"""Rows, each with what places it in the list."""


class Reading(Handler):
    """Get and list."""

    async def _get(self, resource: Resource, shape: Shape[M], key: str) -> M:
        query = partial(rows.get, resource=resource, key=identifier("id", key))
        return shape.to_message(await self.parts.database.read(query))

    async def _list(
        self, resource: Resource, shape: Shape[M], request: Any, branches: Iterable[rows.Branch]
    ) -> tuple[list[M], str]:
        def find(connection: Reader, after: Sequence[Any] | None, limit: int) -> Found:
            found = rows.listing(connection, resource, branches, after=after, limit=limit)
            return ((row, rows.order_values(resource, row)) for row in found)

        return await self._page(shape, request, find)

    async def _page(
        self, shape: Shape[M], request: Any, find: Callable[[Reader, Sequence[Any] | None, int], Found]
    ) -> tuple[list[M], str]:
        """Return a page and the token of the next; `find` gives the rows behind a place, so many at the most."""
        limit = paging.page_size(request) + 1
        after = paging.place(self.parts.mint, request)

        def read(connection: Reader) -> tuple[list[M], str]:
            elements = ((shape.to_message(row), place) for row, place in find(connection, after, limit))
            return paging.page(self.parts.mint, request, elements)

        return await self.parts.database.read(read)
