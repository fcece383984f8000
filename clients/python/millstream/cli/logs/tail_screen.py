"""A log on a terminal, with the state of its build below."""

from datetime import UTC, datetime

from rich.text import Text

from millstream.builds.v1.build_pb2 import Build
from millstream.cli.builds.status_line import StatusLine, build_name, final_status, running_status
from millstream.cli.logs.log_text import coloured_text, plain_text
from millstream.cli.logs.tail_inbox import TailInbox, Taken
from millstream.cli.shared.style import ENDED
from millstream.cli.shared.tally import Tally
from millstream.cli.shared.terminal import stdout_console

# The elapsed time is drawn anew so often, in seconds.
TICK = 0.5


class TailScreen:
    """Draws what comes out of an inbox."""

    def __init__(self, build: Build, project: str, *, follow: bool, timestamps: bool) -> None:
        self._build = build
        self._project = project
        self._follow = follow
        self._timestamps = timestamps
        self._console = stdout_console()
        self._text_of = plain_text if self._console.no_color else coloured_text
        self._line = StatusLine(self._console)
        self._tally = Tally()

    def show_all(self, inbox: TailInbox) -> None:
        """Draw until the log has ended. Whatever ends it, the status is wiped away."""
        try:
            while not self._draw(inbox.take(TICK)).ended:
                pass
        finally:
            self._line.write("", None)

    def show_end(self, build: Build) -> None:
        """Say how it went."""
        name = build_name(self._project, build)
        self._console.print(final_status(build, name, self._tally, datetime.now(UTC)), soft_wrap=True)

    def _draw(self, taken: Taken) -> Taken:
        self._tally.add(taken.lines)
        self._build = taken.build or self._build
        texts = (self._text_of(line, timestamps=self._timestamps) for line in taken.lines)
        live = self._follow and not taken.ended and self._build.status not in ENDED
        self._line.write("".join(f"{text}\n" for text in texts), self._status() if live else None)
        return taken

    def _status(self) -> Text:
        return running_status(self._build, build_name(self._project, self._build), self._tally, datetime.now(UTC))
