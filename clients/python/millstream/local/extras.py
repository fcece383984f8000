"""What to say where an extra of the distribution is not installed."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from millstream.cli.shared.errors import CommandError, NoServiceError


@contextmanager
def extra(name: str, why: str, failure: type[CommandError] = CommandError) -> Iterator[None]:
    """Turn a failed import of what an extra brings into what can't be done, and what to do about it."""
    try:
        yield
    except ImportError as error:
        missing = str(error.name).partition(".")[0]
        raise failure(f"{why}: {missing} is missing - install it with: pip install 'millstream[{name}]'") from error


def server_extra(why: str) -> AbstractContextManager[None]:
    """Turn a failed import of the service into what to do about it."""
    return extra("server", why, NoServiceError)
