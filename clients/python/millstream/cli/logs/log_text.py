"""A line of a log as text: for a pipe as it was stored, for a terminal in the colour of its level."""

from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.cli.shared.printable import visible
from millstream.cli.shared.style import LEVEL_STYLE, level_name
from millstream.cli.shared.time_span import moment

_SGR = {"dim": "2", "yellow": "33", "red": "31"}


def piped_text(line: BuildLog, *, timestamps: bool) -> str:
    """Return the line as stored; before it, if asked for, its time in UTC."""
    return f"{utc_time(line)} {line.content}" if timestamps else line.content


def coloured_text(line: BuildLog, *, timestamps: bool) -> str:
    """Return the line with escape sequences for its colour, its own control characters made visible."""
    code = _SGR.get(LEVEL_STYLE.get(level_name(line.level), ""))
    text = visible(line.content)
    coloured = f"\x1b[{code}m{text}\x1b[0m" if code else text
    return f"\x1b[2m{local_time(line)}\x1b[0m {coloured}" if timestamps else coloured


def plain_text(line: BuildLog, *, timestamps: bool) -> str:
    """Return the same without colours, for who does not want them."""
    return f"{local_time(line)} {visible(line.content)}" if timestamps else visible(line.content)


def utc_time(line: BuildLog) -> str:
    """`2026-11-21T08:55:58.123Z`."""
    return moment(line.created_at).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def local_time(line: BuildLog) -> str:
    """`08:55:58.123`, by the reader's clock."""
    return moment(line.created_at).astimezone().strftime("%H:%M:%S.%f")[:-3]
