"""GitHubKit's exceptions to ours: what to tell the caller."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from millstream.github.errors import (
    GitHubError,
    GitHubUnavailableError,
    RateLimitError,
    RepositoryNotFoundError,
    TokenRefusedError,
    UnreadableAnswerError,
)
from millstream.github.patience import wanted_wait
from millstream.github.repository import Repository

if TYPE_CHECKING:
    from githubkit.exception import RequestFailed

_MAX_TEXT = 200


@contextmanager
def explain_failures(repository: Repository) -> Iterator[None]:
    """Turn what goes wrong with a question about this repository into a GitHubError."""
    from githubkit.exception import GitHubException, RequestError, RequestFailed

    try:
        yield
    except RequestFailed as error:
        raise _explain_refusal(error, repository) from None  # its request has the token among its headers
    except RequestError as error:
        if isinstance(error.exc, GitHubError):
            raise error.exc from None
        raise GitHubUnavailableError(f"GitHub can't be reached: {error.exc or type(error.exc).__name__}") from None
    except GitHubException as error:
        raise UnreadableAnswerError(f"GitHub can't be asked: {type(error).__name__}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UnreadableAnswerError("GitHub's answer does not match its API's documentation") from error


def _explain_refusal(error: "RequestFailed", repository: Repository) -> GitHubError:
    status = error.response.status_code
    if (wait := wanted_wait(error)) is not None:
        return _explain_limit(wait)
    if status == 401:
        return TokenRefusedError("GitHub refuses the token: it is wrong, or has expired")
    if status in {404, 410}:
        return RepositoryNotFoundError(f"{repository} is not on GitHub, has no issues, or the token may not see it")
    if status == 403:
        return TokenRefusedError(f"GitHub refuses: {_message(error)}")
    if status >= 500:
        return GitHubUnavailableError(f"GitHub keeps failing: {status}")
    return UnreadableAnswerError(f"GitHub refuses with {status}: {_message(error)}")


def _explain_limit(seconds: float) -> RateLimitError:
    until = (datetime.now().astimezone() + timedelta(seconds=seconds)).strftime("%H:%M:%S")
    return RateLimitError(f"GitHub's rate limit is reached: ask again in {seconds:.0f} s, at {until}", seconds)


def _message(error: "RequestFailed") -> str:
    """Return what GitHub says about it, short and on one line."""
    try:
        text = str(error.response.json()["message"])
    except (ValueError, TypeError, KeyError):
        text = error.response.reason_phrase
    return " ".join(text.split())[:_MAX_TEXT]
