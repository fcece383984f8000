"""What a failed command says, in one line on stderr, and the exit code it ends with.

| code | meaning |
|-|-|
| 0 | all is well |
| 1 | what was asked for is not there, or the service failed |
| 2 | the command line makes no sense |
| 130 | Ctrl-C |
| 141 | the reader of the output stopped reading, as `head` does |

A traceback is shown only with MILLSTREAM_DEBUG=1.
"""

import os
import sys

from millstream.cli.shared.printable import visible
from millstream.cli.shared.terminal import put_warning

FAILED = 1
BAD_USAGE = 2
INTERRUPTED = 130
BROKEN_PIPE = 141


def exit_code_of(error: BaseException) -> int:
    """Say what went wrong, if there is anything to say, and return the exit code."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, BrokenPipeError):
        return reader_is_gone()
    if isinstance(error, KeyboardInterrupt) or _is_left_question(error):
        return INTERRUPTED
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILED * bool(error.code)
    if _is_plain_exit(error):
        return int(getattr(error, "exit_code", FAILED))
    if type(error).__name__ == "NoArgsIsHelpError":
        sys.stdout.write(f"{error}\n")
        return BAD_USAGE
    if os.environ.get("MILLSTREAM_DEBUG", "0") not in {"", "0"}:
        import traceback

        traceback.print_exception(error)
    text, code = explain(error)
    put_warning(text)
    return code


def explain(error: BaseException) -> tuple[str, int]:
    """Return what to tell the user, and the exit code."""
    from millstream.cli.shared.errors import CommandError

    if isinstance(error, CommandError):
        return str(error), error.exit_code
    for explained in (_usage_error(error), _client_error(error), _service_error(error)):
        if explained is not None:
            return explained
    if isinstance(error, UnicodeEncodeError):
        return f"{visible(error.object)} is not UTF-8", BAD_USAGE
    if isinstance(error, OSError):
        return _system_error(error), FAILED
    return f"{type(error).__name__}: {error} - this is a fault of Millstream; MILLSTREAM_DEBUG=1 shows where", FAILED


def reader_is_gone() -> int:
    """Let go of stdout, so that Python does not complain when it flushes it at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def _is_plain_exit(error: BaseException) -> bool:
    return _is_of_typer(error, "Exit")


def _is_left_question(error: BaseException) -> bool:
    """Whether somebody pressed Ctrl-C, or Ctrl-D, where something was asked for."""
    return _is_of_typer(error, "Abort")


def _is_of_typer(error: BaseException, name: str) -> bool:
    """Whether it is this error of Typer's; where that was not loaded, nothing is."""
    typer = sys.modules.get("typer")
    return typer is not None and isinstance(error, getattr(typer, name))


def _usage_error(error: BaseException) -> tuple[str, int] | None:
    """Typer brings a copy of click of its own, or takes the one installed: its errors are known by their methods."""
    message = getattr(error, "format_message", None)
    if message is None:
        return None
    context = getattr(error, "ctx", None)
    text = str(message()).replace("Value error, ", "").replace("\n", " ").strip()
    hint = f"\nSee: {context.command_path} --help" if context is not None else ""
    return f"{text}{hint}", int(getattr(error, "exit_code", BAD_USAGE))


def _client_error(error: BaseException) -> tuple[str, int] | None:
    from millstream.errors import InvalidArgumentError, MillstreamError

    if not isinstance(error, MillstreamError):
        return None
    fields = [f"{violation.field}: {violation.description}" for violation in error.field_violations]
    text = "; ".join(fields) or str(error) or type(error).__name__
    return text, BAD_USAGE if isinstance(error, InvalidArgumentError) else FAILED


def _service_error(error: BaseException) -> tuple[str, int] | None:
    """Explain an error of a service inside this process; without the server extra there is none to import."""
    service_errors = sys.modules.get("millstream_service.errors")
    if service_errors is None or not isinstance(error, service_errors.MillstreamServiceError):
        return None
    return str(error), BAD_USAGE if isinstance(error, service_errors.InvalidArgumentError) else FAILED


def _system_error(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason
