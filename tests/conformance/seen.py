"""What a transport saw of a call: more than `Call` tells handlers."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from millstream_service.rpc.call import Call
from millstream_service.rpc.transports.headers import parse_timeout


def seen_of(call: Call) -> tuple[list[tuple[str, str]], Mapping[str, list[str]] | None]:
    """Return what text came with a call, and the parameters of its URL where it is a GET."""
    headers = [(name, value) for name, value in call.metadata.items() if isinstance(value, str)]
    scope: Any = getattr(call, "scope", None)
    if scope is None or scope["method"] != "GET":
        return headers, None
    return headers, parse_qs(scope["query_string"].decode(), keep_blank_values=True)


def seconds_given(call: Any) -> float | None:
    """Return the seconds that a client gives a call, if it says."""
    scope: Any = getattr(call, "scope", None)
    if scope is None:
        remaining: float | None = call._context.time_remaining()
        return remaining
    headers = dict(scope["headers"])
    if timeout := headers.get(b"grpc-timeout"):
        return parse_timeout(timeout)
    milliseconds = headers.get(b"connect-timeout-ms")
    return None if milliseconds is None else int(milliseconds) / 1000
