"""What the reads of entities have in common: one row, or a page of them."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from google.protobuf.message import Message

from millstream_service.convert.fields import identifier
from millstream_service.convert.shapes import Shape
from millstream_service.handlers.shared import paging
from millstream_service.handlers.shared.dependencies import Handler
from millstream_service.handlers.shared.leaving_out import readable
from millstream_service.security.caller import Caller
from millstream_service.store.database.database import Reader
from millstream_service.store.database.lanes import Lane
from millstream_service.store.entities import rows
from millstream_service.store.schema.resources import Resource

M = TypeVar("M", bound=Message)
T = TypeVar("T")
Found = Iterable[tuple[T, Sequence[Any]]]
"""Rows or messages, each with what places it in the list."""
Find = Callable[[Reader, Sequence[Any] | None, int], Found[T]]
"""Gives those behind a place, so many at the most."""
MAX_SHORT_PAGE, MAX_SHORT_BRANCHES = 100, 10
"""A longer page, or one put together from more places, is read among its like."""


NO_LIMIT = 2**31
"""Of rows of which some may be left out: they are read some at a time, as they are taken."""


class Reading(Handler):
    """Get and list. A list is made into the bytes of its response where it is read."""

    async def _get(self, resource: Resource, shape: Shape[M], key: str) -> M:
        query = partial(rows.get, resource=resource, key=identifier("id", key))
        return shape.to_message(await self.dependencies.database.read(query))

    async def _examine(self, request: Any, elements: int, check: Callable[[Any], T]) -> T:
        """Return what `check` makes of a request, or raise what it does: in a thread if there are many elements.

        Many such requests may come at once, and would block the loop in a row.
        """
        if elements <= MAX_SHORT_BRANCHES:
            return check(request)
        return await self.dependencies.database.lanes.run(Lane.MESSAGES, partial(check, request))

    async def _list(
        self,
        resource: Resource,
        shape: Shape[M],
        request: Any,
        caller: Caller,
        branches: Sequence[rows.Branch],
        response: type[Message],
    ) -> bytes:
        def find(connection: Reader, after: Sequence[Any] | None, limit: int) -> Found[rows.Row]:
            found = rows.listing(connection, resource, branches, after=after, limit=limit)
            return ((row, rows.order_values(resource, row)) for row in found)

        return await self._page(shape, request, caller, find, response, long=len(branches) > MAX_SHORT_BRANCHES)

    async def _page(
        self,
        shape: Shape[M],
        request: Any,
        caller: Caller,
        find: Find[rows.Row],
        response: type[Message],
        *,
        long: bool = False,
    ) -> bytes:
        """Return a page of rows. `long`: it takes long, however few there are."""

        def messages(connection: Reader, after: Sequence[Any] | None, limit: int) -> Found[M]:
            return readable(shape, find(connection, after, NO_LIMIT if shape.may_be_unreadable else limit))

        return await self._messages(request, caller, messages, response, long=long)

    async def _messages(
        self, request: Any, caller: Caller, find: Find[M], response: type[Message], *, long: bool = False
    ) -> bytes:
        """Return a page of messages."""
        size = paging.page_size(request)
        after = paging.place(self.dependencies.signer, request, caller)

        def read(connection: Reader) -> bytes:
            return paging.page(self.dependencies.signer, request, caller, find(connection, after, size + 1), response)

        return await self.dependencies.database.read(read, Lane.LISTS if long or size > MAX_SHORT_PAGE else Lane.SHORT)
