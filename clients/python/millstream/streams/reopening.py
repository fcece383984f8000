"""When a stream that broke is opened again."""

import asyncio

from millstream.errors import MillstreamError, NotConnectedError, TooManyStreamsError
from millstream.transport.retry import RetryPolicy, is_passing


class Reopening:
    """Waits between the tries of one stream, or gives up.

    A stream comes back without end after any failure that may pass. Two things end it early, at its beginning alone: if
    no service was reached in the first tries, there probably is none, and if the service has no room for the stream,
    its user should hear that, too. Jittered backoff, reset by progress.
    """

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._backoff = policy.stream_backoff()
        self._vain_tries = 0
        self._was_there = False

    def note_progress(self) -> None:
        """Note that a message came."""
        self._was_there = True
        self._backoff.reset()

    async def after(self, error: MillstreamError | None) -> None:
        """Wait for the next try. None: the service ended the stream without an error. Raises what can't pass."""
        if error is not None:
            self._raise_if_final(error)
        await asyncio.sleep(self._backoff.next_delay(error))

    def may_pass(self, error: MillstreamError) -> bool:
        """Whether the stream may get further where it is opened again."""
        return is_passing(error) or (isinstance(error, TooManyStreamsError) and self._was_there)

    def _raise_if_final(self, error: MillstreamError) -> None:
        if not self.may_pass(error):
            raise error
        if isinstance(error, NotConnectedError):
            self._vain_tries += 1
            if not self._was_there and self._vain_tries >= self._policy.max_attempts:
                raise error
        else:
            self._was_there = True
