"""Which service a command means that can wait for it: one that is named need not answer yet."""

import os
from dataclasses import dataclass

from millstream.cli.shared.errors import BadUsageError
from millstream.local.database import named_database
from millstream.transport import address as addresses


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a build is to be recorded: at an address, in a database, or (neither) wherever the default is."""

    address: str | None = None
    database: str | None = None


def destination(address: str | None, database: str | None) -> Destination:
    """Return where it is: as the options say, else as the environment does, else nowhere in particular."""
    if address and database:
        raise BadUsageError("--address and --db exclude each other: a service has its own database")
    if not database and (address or os.environ.get(addresses.ENVIRONMENT_VARIABLE)):
        try:
            return Destination(address=addresses.resolve(address or None))
        except ValueError as error:
            raise BadUsageError(str(error)) from error
    return Destination(database=named_database(database))
