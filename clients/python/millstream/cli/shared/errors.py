"""What makes a command fail, and what is then said to the user.

CommandError                exit 1: said as it is
    NotThereError           exit 1: the thing asked for is not there
    NoServiceError          exit 1: no service answers, and none can be started here
        ServiceInTheWayError    because another process is about to start one, or to end it
    BadUsageError           exit 2: the command line makes no sense
"""


class CommandError(Exception):
    """A failure to tell the user in one line; `exit_code` is what the process then exits with."""

    exit_code = 1


class NotThereError(CommandError):
    """The thing asked for is not there."""


class NoServiceError(CommandError):
    """No service answers, and none can be started here."""


class ServiceInTheWayError(NoServiceError):
    """Another process has the socket and does not answer there: it is starting, or about to end."""


class BadUsageError(CommandError):
    """The command line makes no sense."""

    exit_code = 2
