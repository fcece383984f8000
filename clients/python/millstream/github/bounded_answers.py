"""What an answer may be before it is read: from the server that was asked, of bounded size, in bounded time.

Hooks of httpx, which calls them for every request and every answer, redirects among them, before it reads a body. So a
body is decompressed here, as much of it as is wanted and no more: a few hundred kilobytes of gzip can stand for
gigabytes. Needs `millstream[github]`.
"""

import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import httpx

from millstream.github.errors import GitHubUnavailableError, UnreadableAnswerError

MAX_ANSWER_BYTES = 32 << 20
"""Once decompressed: more than a hundred issues with the longest texts that GitHub takes."""
MAX_ANSWER_SECONDS = 120.0
_GZIP = 16 + zlib.MAX_WBITS
"""What zlib calls the format of gzip."""


def hooks(api_url: str) -> Mapping[str, list[Callable[..., None]]]:
    """Return the event hooks of a client that asks the API at this URL. They raise GitHubError."""
    return {"request": [_ask], "response": [partial(_check, httpx.URL(api_url))]}


def check_same_server(asked: httpx.URL, given: httpx.URL, what: str) -> None:
    """Raise UnreadableAnswerError where a URL leads to another server: the token goes nowhere else."""
    if (given.scheme, given.host, given.port) != (asked.scheme, asked.host, asked.port):
        raise UnreadableAnswerError(f"GitHub names {what} elsewhere, at {given.host[:255]}: not followed")


def _ask(request: httpx.Request) -> None:
    request.headers["Accept-Encoding"] = "gzip"


def _check(asked: httpx.URL, response: httpx.Response) -> None:
    if response.has_redirect_location:
        check_same_server(asked, _redirect(response), "a redirect")
    stream = response.stream
    assert isinstance(stream, httpx.SyncByteStream)  # noqa: S101 - narrows: the client is not asynchronous
    response.stream = _Bounded(stream, response.headers.pop("content-encoding", "identity"))


def _redirect(response: httpx.Response) -> httpx.URL:
    try:
        return response.request.url.join(response.headers["location"])
    except httpx.InvalidURL:
        raise UnreadableAnswerError("GitHub redirects to an invalid address") from None


class _Bounded(httpx.SyncByteStream):
    """A body, decompressed. Reading it raises GitHubError where it is too much, takes too long, or is damaged."""

    def __init__(self, stream: httpx.SyncByteStream, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding.strip().lower()
        self._left = MAX_ANSWER_BYTES
        self._end = time.monotonic() + MAX_ANSWER_SECONDS

    def __iter__(self) -> Iterator[bytes]:
        if self._encoding not in {"identity", "gzip", "x-gzip"}:
            raise UnreadableAnswerError(f"GitHub's answer is encoded as {self._encoding[:40]!r}: not asked for")
        decompress = zlib.decompressobj(_GZIP).decompress if self._encoding.endswith("gzip") else _as_it_is
        try:
            for compressed in self._stream:
                yield self._taken(decompress(compressed, self._left + 1))
        except zlib.error:
            raise UnreadableAnswerError("GitHub's answer is damaged: it can't be decompressed") from None

    def _taken(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise UnreadableAnswerError(f"GitHub's answer has more than {MAX_ANSWER_BYTES >> 20} MiB")
        if time.monotonic() > self._end:
            raise GitHubUnavailableError(f"GitHub's answer took longer than {MAX_ANSWER_SECONDS:g} s")
        return data

    def close(self) -> None:
        """Let go of the connection."""
        self._stream.close()


def _as_it_is(data: bytes, _limit: int) -> bytes:
    return data
