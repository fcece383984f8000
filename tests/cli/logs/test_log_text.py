"""Lines of a log as text."""

from collections.abc import Callable

from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.cli.logs.log_text import coloured_text, piped_text, plain_text

MakeLine = Callable[..., BuildLog]


def test_a_pipe_gets_the_line_as_it_was_stored(make_line: MakeLine) -> None:
    content = "\ttab, \x1b[31mred\x1b[0m, bell \x07, café, \x00 \u2028"
    assert piped_text(make_line(1, content), timestamps=False) == content


def test_a_terminal_gets_the_colour_of_the_level(make_line: MakeLine) -> None:
    shown = {level: coloured_text(make_line(1, "x", level), timestamps=False) for level in ("DEBUG", "INFO", "WARNING")}
    assert shown == {"DEBUG": "\x1b[2mx\x1b[0m", "INFO": "x", "WARNING": "\x1b[33mx\x1b[0m"}
    assert coloured_text(make_line(1, "x", "ERROR"), timestamps=False) == "\x1b[31mx\x1b[0m"


def test_what_was_logged_never_steers_the_terminal(make_line: MakeLine) -> None:
    line = make_line(1, "\x1b]0;title\x07 \r\tx\x9b2J")
    assert plain_text(line, timestamps=False) == "␛]0;title␇ ␍\tx\ufffd2J"


def test_timestamps_are_utc_in_a_pipe_and_local_on_a_terminal(make_line: MakeLine) -> None:
    line = make_line(123, "x")
    assert piped_text(line, timestamps=True) == "2026-11-21T12:00:00.123Z x"
    assert plain_text(line, timestamps=True).endswith(":00.123 x")
