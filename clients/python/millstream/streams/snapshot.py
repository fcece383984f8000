"""How far a snapshot stream has come, and what is new in a message."""

from typing import Generic, TypeVar

from millstream.errors import InvalidResumeTokenError, MillstreamError
from millstream.streams.assembly import Assembly, StreamResponse
from millstream.streams.query import StreamRequest

ResponseT = TypeVar("ResponseT", bound=StreamResponse)
T = TypeVar("T")


class SnapshotCursor(Generic[ResponseT, T]):
    """Makes the request of a stream say which value is there already, and its messages values."""

    def __init__(self, request: StreamRequest, assembly: Assembly[ResponseT, T]) -> None:
        self._request = request
        self._assembly = assembly

    @property
    def value(self) -> list[T]:
        """The newest value, in a list of one; empty before the first."""
        return self._assembly.value

    def reopen(self) -> None:
        """Get ready for the messages of a new call."""
        self._assembly.reopen()
        self._request.options.resume_token = self._assembly.token

    def take(self, response: ResponseT) -> list[T]:
        """Return the value that a message brings, in a list of one; empty where it brings none, or not yet."""
        return self._assembly.value if self._assembly.add(response) else []

    def drops_token(self, error: MillstreamError) -> bool:
        """Forget the token where the call ended because of it. Returns whether it did.

        The service may have been replaced by one that makes other tokens: start afresh rather than fail.
        """
        is_bad = isinstance(error, InvalidResumeTokenError) and bool(self._assembly.token)
        if is_bad:
            self._assembly.token = b""
        return is_bad
