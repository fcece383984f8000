"""What streams have in common: each is a query with its region."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from google.protobuf.message import Message

from millstream_service.convert.fields import identifier
from millstream_service.convert.positions import delivery_from_options
from millstream_service.convert.shapes import Shape
from millstream_service.errors import ListTooLargeError
from millstream_service.handlers.shared.dependencies import Handler
from millstream_service.handlers.shared.row_lists import RowList
from millstream_service.reactive.observation import Delta, Query
from millstream_service.reactive.regions import row
from millstream_service.reactive.values import Listing, Rows, Single, Value
from millstream_service.security.caller import Caller
from millstream_service.store.database.database import Reader
from millstream_service.store.entities import rows
from millstream_service.store.schema.resources import Resource

MAX_VALUE_BYTES = 4_000_000
"""A client takes 4 MiB a message by default."""

Messages = AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class _Row:
    """Reads a row into a response. A small object, not functions around functions: each stream of a row keeps one."""

    resource: Resource
    key: str
    shape: Shape[Any]
    respond: Callable[[Any], Message]

    def __call__(self, connection: Reader, _previous: Value | None) -> Single:
        """Return the response; `respond` takes None where there is no row."""
        found = rows.find(connection, self.resource, self.key)
        return _single(self.respond(None if found is None else self.shape.to_message(found)))


class Watching(Handler):
    """Watch one value, or a list."""

    def _watch(
        self,
        request: Any,
        caller: Caller,
        region: Iterable[str],
        fetch: Callable[[Reader], Message],
        *,
        long: bool = False,
    ) -> Messages:
        """Watch a value: `fetch` reads it into a response without its position. `long`: see Query."""

        def read(connection: Reader, _previous: Value | None) -> Single:
            return _single(fetch(connection))

        return self._subscribe(request, caller, region, read, long=long)

    def _subscribe(
        self,
        request: Any,
        caller: Caller,
        region: Iterable[str],
        fetch: Callable[[Reader, Value | None], Value],
        *,
        long: bool = False,
        max_whole: int = 0,
        delta: Delta | None = None,
    ) -> Messages:
        query = Query(key_of(request, caller), tuple(region), fetch, long, max_whole, delta)
        return self.dependencies.observatory.subscribe(query, delivery_from_options(request.options))

    def _watch_row(
        self, request: Any, caller: Caller, resource: Resource, shape: Shape[Any], respond: Callable[[Any], Message]
    ) -> Messages:
        """Watch a row by the request's id; `respond` takes its message, or None."""
        key = identifier("id", request.id)
        return self._subscribe(request, caller, [row(resource.table.name, key)], _Row(resource, key, shape, respond))

    def _watch_ids(
        self,
        request: Any,
        caller: Caller,
        region: Iterable[str],
        fetch: Callable[[Reader], Sequence[str]],
        respond: Callable[[Sequence[str]], Message],
        *,
        long: bool = False,
    ) -> Messages:
        """Watch a list of ids. `long`: see Query."""

        def encode(ids: Sequence[str]) -> bytes:
            return respond(ids).SerializeToString()

        return self._subscribe(
            request, caller, region, lambda connection, _previous: Listing(fetch(connection), encode), long=long
        )

    def _watch_list(
        self,
        request: Any,
        caller: Caller,
        region: Iterable[str],
        resource: Resource,
        branches: Sequence[rows.Branch],
        respond: Callable[[rows.Row], Message | None],
        *,
        limit: int | None = None,
    ) -> Messages:
        """Watch a list of whole messages, of the rows that fit any of `branches`, the first `limit` of them.

        `respond` makes a response with a row alone, without its position; None leaves it out.
        """

        def encode(found: rows.Row) -> bytes | None:
            response = respond(found)
            return None if response is None else response.SerializeToString(deterministic=True)

        wanted = RowList(resource, branches, limit, encode)
        delta = Delta(resource.name, wanted.again)
        fetch = partial(_read_list, wanted)
        return self._subscribe(request, caller, region, fetch, long=True, delta=delta)


def _read_list(wanted: RowList, connection: Reader, _previous: Value | None) -> Rows:
    return wanted.read(connection)


def key_of(request: Any, caller: Caller) -> tuple[str, bytes, bytes]:
    """Return what tells equal queries: the request but for how it is to be delivered, and what its caller may see."""
    same = type(request)()
    same.CopyFrom(request)
    same.ClearField("options")
    return type(request).__name__, same.SerializeToString(deterministic=True), caller.visibility.key


def _single(response: Message) -> Single:
    data = response.SerializeToString(deterministic=True)
    if len(data) > MAX_VALUE_BYTES:
        raise ListTooLargeError("value", MAX_VALUE_BYTES, "bytes")
    return Single(data)
