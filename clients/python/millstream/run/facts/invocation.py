"""What only the run itself knows of its build: the command, the machine, and the branch that a CI system names."""

import socket
from collections.abc import Mapping, Sequence

MAX_ARGUMENTS = 1_024
MAX_COMMAND_BYTES = 32_768
CUT = "\N{HORIZONTAL ELLIPSIS}"
"""The last argument of a command that is longer than the service takes."""

# Of a pull request GitHub says the branch in the first one, which is empty otherwise.
_BRANCH_VARIABLES = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_BRANCH", "BUILDKITE_BRANCH", "BRANCH_NAME")


def recorded_command(argv: Sequence[str]) -> list[str]:
    """Return the command as the service takes it: bytes that are no UTF-8 replaced, the end of a long one cut."""
    arguments = [argument.encode(errors="surrogateescape").decode(errors="replace") for argument in argv]
    if len(arguments) <= MAX_ARGUMENTS and sum(len(argument.encode()) for argument in arguments) <= MAX_COMMAND_BYTES:
        return arguments
    kept: list[str] = []
    room = MAX_COMMAND_BYTES - len(CUT.encode())
    for argument in arguments[: MAX_ARGUMENTS - 1]:
        beginning = argument.encode()[:room].decode(errors="ignore")
        room -= len(beginning.encode())
        if beginning or not argument:
            kept.append(beginning)
        if beginning != argument:
            break
    return [*kept, CUT]


def ci_branch(environment: Mapping[str, str]) -> str:
    """Return the branch that a CI system says it builds; empty where none does."""
    if environment.get("GITHUB_REF_TYPE") == "tag":
        return ""
    return next((environment[name] for name in _BRANCH_VARIABLES if environment.get(name)), "")


def host_name() -> str:
    """Return the name of this machine; empty where it has none."""
    try:
        return socket.gethostname()
    except OSError:
        return ""
