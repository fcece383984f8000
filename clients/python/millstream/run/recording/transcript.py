"""From the records of a journal to the lines of a log."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_ERROR, BUILD_LOG_LEVEL_WARNING, BuildLogLevel
from millstream.run.spool.journal import Kind, Record

if TYPE_CHECKING:
    from millstream.output import Line, OutputParser, Stream

OWN_CATEGORY = "millstream"
"""The category of lines that the run itself adds."""
_STREAMS: "Mapping[Kind, Stream]" = {Kind.STDOUT: "stdout", Kind.STDERR: "stderr"}
"""Their order is that of what they leave unfinished."""


class Transcript:
    """Makes lines of records, one after the other. The same records always make the same lines, with equal numbers.

    What reads output is loaded with the first of it: many a command writes none.
    """

    def __init__(self) -> None:
        self._parsers: dict[Kind, OutputParser] = {}

    @property
    def progress(self) -> float:
        """How far the command has said that it is, 0 to 1; 0 where it has said nothing."""
        return max((parser.progress or 0.0 for parser in self._parsers.values()), default=0.0)

    def lines(self, record: Record) -> "Sequence[Line]":
        """Return the lines that this record completes."""
        if record.kind in _STREAMS:
            return self._parser(record.kind).feed(record.payload)
        if record.kind is Kind.LOST:
            text = f"{record.lost:,} bytes of output are missing here: the spool's disk was full"
            return [*self._close_parsers(), _own_line(text, BUILD_LOG_LEVEL_WARNING)]
        if record.kind is Kind.NOTE:
            return [_own_line(record.payload.decode(errors="replace"), BUILD_LOG_LEVEL_ERROR)]
        return []

    def close(self, *, broken_off: bool) -> "Iterator[Line]":
        """Yield the lines that ended without a line break, and one more where the journal has no end."""
        yield from self._close_parsers()
        if broken_off:
            yield _own_line("the recording broke off here", BUILD_LOG_LEVEL_WARNING)

    def _close_parsers(self) -> "Iterator[Line]":
        for kind in filter(self._parsers.get, _STREAMS):
            yield from self._parsers[kind].close()

    def _parser(self, kind: Kind) -> "OutputParser":
        if kind not in self._parsers:
            from millstream.output import OutputParser

            self._parsers[kind] = OutputParser(_STREAMS[kind])
        return self._parsers[kind]


def _own_line(text: str, level: BuildLogLevel) -> "Line":
    from millstream.output import Line

    return Line(text, level, OWN_CATEGORY, None)
