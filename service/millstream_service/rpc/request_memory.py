"""The memory of all requests in hand, not only of each.

The cycle: a request takes its bytes before it is parsed and gives them back once it is answered. What does not fit
waits its turn, in order, for a while; what would make the wait too long is refused at once. All fields belong to the
event loop.
"""

import asyncio
from collections import deque

from millstream_service.errors import StoreBusyError

MAX_BYTES = 256 << 20
MAX_WAITING_BYTES = 256 << 20
WAIT_SECONDS = 5.0
_PATIENCE_SECONDS = 30.0
"""How long a message of a stream waits, of which few do at a time: see read_turns."""
_PARSED = 4
"""A request takes so many times its bytes: as it came, parsed, as a row, and as what the database's driver takes."""


def memory_of(data: bytes) -> int:
    """Return what a request takes while it is in hand."""
    return _PARSED * len(data)


class RequestMemory:
    """Counts the bytes of requests."""

    def __init__(
        self, max_bytes: int = MAX_BYTES, max_waiting_bytes: int = MAX_WAITING_BYTES, seconds: float | None = None
    ) -> None:
        self._free = max_bytes
        self._short = max_bytes // 2
        self._waiting_free = max_waiting_bytes
        self._seconds = seconds
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def is_short(self) -> bool:
        """Whether somebody waits, or most is taken."""
        return bool(self._waiting) or self._free < self._short

    def take_at_once(self, size: int) -> bool:
        """Take the bytes of a request, where there is room for them and nobody waits."""
        if self._waiting or size > self._free:
            return False
        self._free -= size
        return True

    async def take(self, size: int) -> None:
        """Take the bytes of a request. Raises StoreBusyError where there is no room for them in time."""
        if self.take_at_once(size):
            return
        if size > self._waiting_free:
            raise _busy()
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        self._waiting_free -= size
        taken = False
        try:
            async with asyncio.timeout(self._seconds or WAIT_SECONDS):
                await turn
            taken = True
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting_free += size
            if not taken:
                self._leave(size, turn)

    def give(self, size: int) -> None:
        """Give them back."""
        self._free += size
        self._serve()

    def _leave(self, size: int, turn: "asyncio.Future[None]") -> None:
        """Wait no more; where it is one's turn already, give the bytes back."""
        if turn.done() and not turn.cancelled():
            self.give(size)
        else:
            self._waiting = deque(one for one in self._waiting if one[1] is not turn)
            self._serve()

    def _serve(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            size, turn = self._waiting.popleft()
            if not turn.cancelled():
                self._free -= size
                turn.set_result(None)


def memory_of_messages() -> RequestMemory:
    """Return the memory of messages in streams. One that waits is not parsed yet: it has but the bytes that came."""
    return RequestMemory(MAX_BYTES, _PARSED * MAX_WAITING_BYTES, _PATIENCE_SECONDS)


def _busy() -> StoreBusyError:
    return StoreBusyError("too many large requests at once")
