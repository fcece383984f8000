"""Which service a command means that can wait for it: one that is named need not answer yet."""

import os
from typing import TYPE_CHECKING

from millstream.cli.database import named_database
from millstream.cli.errors import BadUsageError
from millstream.transport import address as addresses

if TYPE_CHECKING:
    from millstream.run.request import Destination


def destination(address: str | None, database: str | None) -> "Destination":
    """Return where it is: as the options say, else as the environment does, else nowhere in particular."""
    from millstream.run.request import Destination

    if address and database:
        raise BadUsageError("--address and --db exclude each other: a service has its own database")
    if not database and (address or os.environ.get(addresses.ENVIRONMENT_VARIABLE)):
        try:
            return Destination(address=addresses.resolve(address or None))
        except ValueError as error:
            raise BadUsageError(str(error)) from error
    return Destination(database=named_database(database))
