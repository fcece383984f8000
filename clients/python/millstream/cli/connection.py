"""Where a command finds the service: the one named, the one at the default address, or one inside this process.

1. `--address`: that service. `--db`: a service of our own on that database.
2. else `MILLSTREAM_ADDRESS`, else `MILLSTREAM_DB`: likewise.
3. else the service at the default address, if something answers there;
4. else a service of our own on the default database: `millstream builds` works right after `millstream run`.
"""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from millstream import address as addresses
from millstream.cli.database import database_url, named_database
from millstream.cli.errors import BadUsageError, NoServiceError
from millstream.cli.extras import extra

if TYPE_CHECKING:
    from millstream import Client

QUICK = 0.3
PATIENT = 3.0


@contextmanager
def open_client(address: str | None, database: str | None, *, unlocked: bool = False) -> Iterator["Client"]:
    """Return a client of the service that the options and the environment ask for.

    `unlocked`: one inside this process opens the secrets of its database, with the key of the environment. Raises
    BadUsageError where they make no sense, NoServiceError where no service answers and none can be started.
    """
    from millstream import Client

    with open_service(address, database, unlocked=unlocked) as found, Client(found) as client:
        yield client


@contextmanager
def open_service(address: str | None, database: str | None, *, unlocked: bool = False) -> Iterator[str]:
    """Return the address of that service; one inside this process lives as long as the context."""
    logging.getLogger("asyncio").addFilter(_is_worth_saying)
    asked_address, asked_database = _asked_for(address, database)
    if asked_address is not None:
        yield _reachable(asked_address)
    elif asked_database is None and answers(addresses.DEFAULT, QUICK):
        yield addresses.DEFAULT
    else:
        with _own_service(asked_database, unlocked=unlocked) as own:
            yield own


def answers(address: str, timeout: float) -> bool:
    """Whether something listens at the address; asks for so many seconds at most."""
    try:
        _connect(address, timeout).close()
    except OSError:
        return False
    return True


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


def _connect(address: str, timeout: float) -> socket.socket:
    if address.startswith("unix:"):
        return _connect_to_socket(address.removeprefix("unix:").removeprefix("//"), timeout)
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout)


def _connect_to_socket(path: str, timeout: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


@contextmanager
def _own_service(database: str | None, *, unlocked: bool) -> Iterator[str]:
    with server_extra("no service answers at 127.0.0.1:50551, and none can be started in this process"):
        from millstream_service import keys
        from millstream_service.config import Config
        from millstream_service.embedded import EmbeddedService
    secret = keys.find() if unlocked else None
    with EmbeddedService(Config(listen="127.0.0.1:0", database=database_url(database), secret=secret)) as service:
        yield service.address


def _is_worth_saying(record: logging.LogRecord) -> bool:
    """Leave out what grpc.aio logs where the event loops of a process, a client's and the service's, end in turn.

    Its completion queue is one for all: an event of a call that was broken off may come when the loop of that call is
    gone, and is then reported by another.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, RuntimeError) and str(error) == "Event loop is closed")


def server_extra(why: str) -> AbstractContextManager[None]:
    """Turn a failed import of the service into what to do about it."""
    return extra("server", why, NoServiceError)
