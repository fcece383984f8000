"""What can go wrong with GitHub.

GitHubError
    RepositoryNotFoundError     there is none, or the token may not see it
    TokenRefusedError           GitHub does not take the token
    RateLimitError              GitHub wants us to wait for longer than we may
    GitHubUnavailableError      it can't be reached, or fails, again and again
    UnreadableAnswerError       it answers, but not as its API is documented
"""


class GitHubError(Exception):
    """Asking GitHub failed. `str()` of it is a sentence for people, without the token."""


class RepositoryNotFoundError(GitHubError):
    """There is no such repository, or the token may not see it."""


class TokenRefusedError(GitHubError):
    """GitHub does not take the token, or it may not do this."""


class RateLimitError(GitHubError):
    """GitHub wants us to wait for longer than we may: so many seconds."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class GitHubUnavailableError(GitHubError):
    """GitHub can't be reached, or fails, again and again."""


class UnreadableAnswerError(GitHubError):
    """GitHub answers, but not as its API is documented."""
