"""From the bytes of a build's output to log lines."""

from __future__ import annotations

from typing import Final, NamedTuple

from millstream.builds.v1.build_log_pb2 import BuildLogLevel
from millstream.output.diagnostics import find_diagnostic
from millstream.output.lines.categories import Phase, Stream, category
from millstream.output.lines.diagnostic import INFO
from millstream.output.lines.line_splitter import LineSplitter, Piece
from millstream.output.lines.stamps import STAMPED, without_stamp
from millstream.output.message_body import MessageBody
from millstream.output.progress import find_progress, find_redrawn_progress
from millstream.output.steps.phases import PhaseTracker, find_step

_LOOKED_AT: Final = 4096  # characters of a line: paths are no longer, and a message begins after its path
_REDRAWN: Final = 4096  # bytes of an unfinished line that are searched for progress
_BEFORE: Final = 512  # bytes before the newest ones that are searched with them: a drawing may come in parts


class Line(NamedTuple):
    """One line for the log."""

    content: str
    """Its text as a terminal would show it: at most 1 MiB of UTF-8, no line break, no control characters but tabs."""
    level: BuildLogLevel
    """INFO, or WARNING or ERROR where a tool says so. Never DEBUG: nothing of a build's output is hidden."""
    category: str
    """See `categories`."""
    progress: float | None
    """How far the build says that it is, 0 to 1; None where the line does not say."""


class OutputParser:
    """Turns one stream of one command into lines. Not safe for use by several threads at once.

    How the stream is cut into `data` makes no difference to the lines. Never raises on any bytes.
    """

    def __init__(self, stream: Stream) -> None:
        self.progress: float | None = None
        """The newest progress that was seen, 0 to 1, also in a line that is being drawn again and again."""
        self._stream = stream
        self._splitter = LineSplitter()
        self._tracker = PhaseTracker()
        self._categories = {phase: category(stream, phase) for phase in (None, *Phase)}
        self._message = MessageBody()
        self._last: Line | None = None

    def feed(self, data: bytes) -> list[Line]:
        """Return the lines that are complete with `data`.

        Of a line without end each full MiB is a line, as soon as it is there.
        """
        lines = self._lines(self._splitter.feed(data))
        if not data.endswith(b"\n"):
            self._look_at_unfinished(min(_REDRAWN, len(data) + _BEFORE))
        return lines

    def close(self) -> list[Line]:
        """Return what was left without a line break, if it shows anything."""
        return self._lines(self._splitter.close())

    def _look_at_unfinished(self, size: int) -> None:
        progress = find_redrawn_progress(self._splitter.peek(size))
        if progress is not None:
            self.progress = progress

    def _lines(self, pieces: list[Piece]) -> list[Line]:
        lines = []
        for text, continues in pieces:
            if continues and self._last is not None:
                line = Line(text, self._last.level, self._last.category, None)
            else:
                line = self._last = self._describe(text)
            lines.append(line)
        return lines

    def _describe(self, text: str) -> Line:
        head = text if len(text) <= _LOOKED_AT else text[:_LOOKED_AT]
        if head and (head[0] in STAMPED or " | " in head):
            head = without_stamp(head)
        if not head or head.isspace():
            return self._blank(text)
        tracker = self._tracker
        if tracker.in_commands and tracker.is_command(head):
            return Line(text, INFO, self._categories[tracker.current], None)
        diagnostic = find_diagnostic(head)
        phase = tracker.advance(head, find_step(head), diagnostic)
        level = INFO
        if diagnostic is not None:
            level = diagnostic.level
            self._message.begin(diagnostic, phase)
        elif self._message.pattern is not None:
            level, phase = self._message.go_on(head, phase)
        progress = find_progress(head) if head[0] in "[< " or head[-1] == "]" else None
        if progress is not None:
            self.progress = progress
        return Line(text, level, self._categories[phase], progress)

    def _blank(self, text: str) -> Line:
        self._tracker.skip_blank()
        self._message.go_on("", None)
        return Line(text, INFO, self._stream, None)
