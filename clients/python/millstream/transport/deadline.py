"""The time that a call has."""

import math
import time


class Deadline:
    """A point in time, `timeout` seconds from now; never, where that is None."""

    def __init__(self, timeout: float | None) -> None:
        self._end = math.inf if timeout is None else time.monotonic() + timeout

    def remaining(self) -> float:
        """Return the seconds left, infinite without a deadline, never less than 0."""
        return max(0.0, self._end - time.monotonic())

    def grpc_timeout(self) -> float | None:
        """Return the seconds left as gRPC and asyncio take them: None without a deadline."""
        return None if math.isinf(self._end) else self.remaining()
