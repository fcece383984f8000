"""Whether to ask GitHub once more, and when.

What to heed stands at https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api. GitHubKit asks
this after each try that failed, and sleeps for as long as it says.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from githubkit.exception import GitHubException
    from githubkit.response import Response
    from githubkit.typing import RetryOption

MAX_TRIES = 5
FIRST_DELAY = 1.0
UNTOLD_WAIT = 60.0
"""The seconds that GitHub asks us to wait where its answer names no time."""


class Patience:
    """Waits for a rate limit, but not for more than `max_wait` seconds in all; tries failures again, ever later.

    `tell` hears of each wait, in words for people.
    """

    def __init__(
        self, max_wait: float, tell: Callable[[str], None] = lambda _: None, *, first_delay: float = FIRST_DELAY
    ) -> None:
        self._left = max_wait
        self._tell = tell
        self._first_delay = first_delay

    def __call__(self, error: "GitHubException", retries: int) -> "RetryOption":
        """Decide about one failed try, after so many retries of the same request."""
        from githubkit.typing import RetryOption

        limited = wanted_wait(error)
        if limited is not None:
            return RetryOption(self._grants(limited), timedelta(seconds=limited))
        if retries + 1 >= MAX_TRIES or not _may_pass(error):
            return RetryOption(do_retry=False)
        delay = self._first_delay * 2**retries * random.uniform(0.75, 1.25)  # noqa: S311 - so that many spread out
        self._tell(f"GitHub fails ({_what(error)}): once more in {delay:.0f} s")
        return RetryOption(do_retry=True, retry_after=timedelta(seconds=delay))

    def _grants(self, seconds: float) -> bool:
        if seconds > self._left:
            return False
        self._left -= seconds
        self._tell(f"GitHub's rate limit is reached: waiting for {seconds:.0f} s")
        return True


def wanted_wait(error: BaseException) -> float | None:
    """Return how long a rate limit wants us to wait, in seconds; None where the error is none."""
    from githubkit.exception import RateLimitExceeded, RequestFailed

    if isinstance(error, RateLimitExceeded):
        return max(error.retry_after.total_seconds(), 0.0) + 1.0  # its times are whole seconds
    if isinstance(error, RequestFailed) and _is_limited(error.response):
        return UNTOLD_WAIT
    return None


def _is_limited(response: "Response") -> bool:
    if response.status_code == 429:
        return True
    return response.status_code == 403 and "rate limit" in response.text.lower()


def _may_pass(error: "GitHubException") -> bool:
    import httpx
    from githubkit.exception import RequestError, RequestFailed

    if isinstance(error, RequestFailed):
        return error.response.status_code >= 500
    return isinstance(error, RequestError) and isinstance(error.exc, httpx.TransportError)


def _what(error: "GitHubException") -> str:
    from githubkit.exception import RequestError, RequestFailed

    if isinstance(error, RequestFailed):
        return str(error.response.status_code)
    return type(error.exc).__name__ if isinstance(error, RequestError) else type(error).__name__
