"""When a call that failed is tried again.

A failure is one of three kinds:

- *refused*: the service certainly did nothing of the call. It said so (SHUTTING_DOWN, STORE_BUSY), or it was not
  reached at all. Any call may be repeated.
- *unclear*: the connection broke, or the service dropped the call, and nobody knows how far it had come. A call may
  be repeated where doing it twice does no harm.
- *answered*: anything else. Repeating would only give the same answer.

Between tries lies an exponential backoff with full jitter: a random time from 0 up to a bound that doubles, so that
many clients of a service that restarts do not come back all at once. Where the service says when to come back
(RetryInfo), that is the least time to wait, and the jitter is at least as long again.
"""

import random
from dataclasses import dataclass
from enum import Enum, auto

import grpc

from millstream.errors import (
    CallCancelledError,
    InternalError,
    MillstreamError,
    NotConnectedError,
    ShuttingDownError,
    StoreBusyError,
    UnavailableError,
)


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how fast to try again. Times are seconds.

    `max_attempts` counts the first try and bounds the tries of a unary call, and those of a stream that has not yet
    reached a service at all; one that has reached it once comes back without end. `max_delay` bounds the backoff of
    unary calls, `max_stream_delay` that of streams and log writers.
    """

    max_attempts: int = 6
    initial_delay: float = 0.1
    max_delay: float = 2.0
    max_stream_delay: float = 5.0

    def backoff(self) -> "Backoff":
        """Return a fresh backoff for one unary call."""
        return Backoff(self.initial_delay, self.max_delay)

    def stream_backoff(self) -> "Backoff":
        """Return a fresh backoff for one stream."""
        return Backoff(self.initial_delay, self.max_stream_delay)


NO_RETRIES = RetryPolicy(max_attempts=1)
"""Each unary call is tried once; a stream fails where it can't reach a service at first."""


class Backoff:
    """The waiting times between tries: full jitter below a bound that doubles from `initial` up to `limit` seconds."""

    def __init__(self, initial: float, limit: float) -> None:
        self._initial = initial
        self._limit = limit
        self._bound = initial

    def reset(self) -> None:
        """Begin anew: there was progress."""
        self._bound = self._initial

    def next_delay(self, error: MillstreamError | None = None) -> float:
        """Return the seconds to wait before the next try, at least those that the service asked for."""
        wish = (error.retry_delay if error is not None else None) or 0.0
        delay = random.uniform(0, max(self._bound, wish))  # noqa: S311 - jitter is no secret
        self._bound = min(self._bound * 2, self._limit)
        return wish + delay


class Outcome(Enum):
    """What is known about a call that failed."""

    REFUSED = auto()
    UNCLEAR = auto()
    ANSWERED = auto()


def outcome(error: MillstreamError) -> Outcome:
    """Say what is known about a call that ended with this error."""
    if isinstance(error, NotConnectedError | ShuttingDownError | StoreBusyError):
        return Outcome.REFUSED
    if isinstance(error, UnavailableError | CallCancelledError) or _is_broken_connection(error):
        return Outcome.UNCLEAR
    return Outcome.ANSWERED


def is_passing(error: MillstreamError) -> bool:
    """Whether a stream that ended with this error may simply be opened again."""
    return outcome(error) is not Outcome.ANSWERED


def _is_broken_connection(error: MillstreamError) -> bool:
    # The ways in which gRPC reports a call that broke off other than by UNAVAILABLE and CANCELLED: the service gives a
    # reason with every error of its own. Of INTERNAL only the text tells them from faults of gRPC itself, which would
    # come again. "Internal error from Core" is a failed write: the call had ended, why is lost.
    if error.reason:
        return False
    text = str(error)
    if isinstance(error, InternalError):
        return "RST_STREAM" in text or text == "Internal error from Core"
    return error.code is grpc.StatusCode.UNKNOWN
