"""What one of several queries in one stream has to say."""

from dataclasses import dataclass
from typing import Any

from millstream.errors import MillstreamError


@dataclass(frozen=True)
class Watched:
    """What one of several queries has to say; `key` is the query's.

    `response` is a message of its RPC, the consumer's own: of a snapshot a whole value, of a tail or a feed what comes
    next. Without one the query has ended: with `error`, or well where that is None, too.
    """

    key: str
    response: Any = None
    error: MillstreamError | None = None
