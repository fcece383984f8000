"""Lists that come page by page."""
# ruff: noqa: ASYNC109 - gRPC takes the timeout

from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Protocol, TypeVar

import grpc

from millstream.transport.connection import Connection


class PageRequest(Protocol):
    """Any request of a `List…` RPC."""

    page_token: str


class Page(Protocol):
    """Any response of a `List…` RPC."""

    next_page_token: str


RequestT = TypeVar("RequestT", bound=PageRequest)
PageT = TypeVar("PageT", bound=Page)
T = TypeVar("T")


async def read_pages(
    connection: Connection,
    method: Callable[[], grpc.aio.UnaryUnaryMultiCallable[RequestT, PageT]],
    request: RequestT,
    timeout: float | None,
    elements: Callable[[PageT], Iterable[T]],
) -> AsyncGenerator[T, None]:
    """Yield the elements of all pages. The next page is asked for when the one before was consumed."""
    while True:
        page = await connection.call(method(), request, timeout)
        for element in elements(page):
            yield element
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
