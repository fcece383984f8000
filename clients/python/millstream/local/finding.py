"""Where a command finds the service: the one named, the user's own, the one at the default address, or one of ours.

1. `--address`: that service. `--db`: the one at this database's socket, or one of our own there.
2. else `MILLSTREAM_ADDRESS`, else `MILLSTREAM_DB`: likewise.
3. else the service at the socket of the default database, if something answers there;
4. else the service at the default address, if something answers there;
5. else a service of our own on the default database: `millstream builds` works right after `millstream run`.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from millstream.cli.shared.errors import BadUsageError, NoServiceError
from millstream.local.database import named_database
from millstream.local.shared_service import SharedService
from millstream.transport import address as addresses
from millstream.transport import user_socket
from millstream.transport.answering import answers

if TYPE_CHECKING:
    from millstream import Client

T = TypeVar("T")

PATIENT = 3.0
_TRIES = 12
"""Of each call: one service that commands share may end, and another begin."""


@contextmanager
def open_client(address: str | None, database: str | None, *, unlocked: bool = False) -> Iterator["Client"]:
    """Return a client of the service that the options and the environment ask for.

    `unlocked`: one inside this process opens the secrets of its database, with the key of the environment. Raises
    BadUsageError where they make no sense, NoServiceError where no service answers and none can be started.
    """
    from millstream import Client, RetryPolicy

    with (
        open_service(address, database, unlocked=unlocked) as found,
        Client(found, retry=RetryPolicy(max_attempts=_TRIES)) as client,
    ):
        yield client


def with_secrets(address: str | None, database: str | None, call: "Callable[[Client], T]") -> T:
    """Make calls that may need the encryption key.

    Another command's service, which may be the one that answers, has no key: then we have one of our own beside it.
    """
    from millstream import Client
    from millstream.errors import EncryptionKeyMissingError

    asked_address, asked_database = _asked_for(address, database)
    with open_client(address, database, unlocked=True) as client:
        try:
            return call(client)
        except EncryptionKeyMissingError:
            if asked_address is not None or not _has_key():
                raise
    with SharedService(asked_database, unlocked=True, alone=True) as own, Client(own.address) as client:
        return call(client)


@contextmanager
def open_service(address: str | None, database: str | None, *, unlocked: bool = False) -> Iterator[str]:
    """Return the address of that service; one inside this process lives as long as the context."""
    logging.getLogger("asyncio").addFilter(_is_worth_saying)
    asked_address, asked_database = _asked_for(address, database)
    if asked_address is not None:
        yield _reachable(asked_address)
    elif asked_database is None and default_answers():
        yield addresses.DEFAULT
    else:
        with SharedService(asked_database, unlocked=unlocked) as shared:
            yield shared.address


def default_answers() -> bool:
    """Whether the default address is to be taken: nothing answers at the user's own socket, and something there."""
    return user_socket.find() is None and answers(addresses.DEFAULT)


def _has_key() -> bool:
    from millstream_service.security import keys

    return keys.find() is not None


def _asked_for(address: str | None, database: str | None) -> tuple[str | None, str | None]:
    if address and database:
        raise BadUsageError("--address and --db exclude each other: a service has its own database")
    if address or database:
        return address, database
    from_environment = os.environ.get(addresses.ENVIRONMENT_VARIABLE)
    return from_environment or None, None if from_environment else named_database(None)


def _reachable(address: str) -> str:
    try:
        checked = addresses.resolve(address)
    except ValueError as error:
        raise BadUsageError(str(error)) from error
    if not answers(checked, PATIENT):
        raise NoServiceError(
            f"no service answers at {checked} - start one there with: millstream serve --listen {checked}"
        )
    return checked


def _is_worth_saying(record: logging.LogRecord) -> bool:
    """Leave out what grpc.aio logs where the event loops of a process, a client's and the service's, end in turn.

    Its completion queue is one for all: an event of a call that was broken off may come when the loop of that call is
    gone, and is then reported by another.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, RuntimeError) and str(error) == "Event loop is closed")
