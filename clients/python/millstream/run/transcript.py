"""From the records of a journal to the lines of a log."""

from collections.abc import Iterator, Sequence

from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_ERROR, BUILD_LOG_LEVEL_WARNING
from millstream.output import Line, OutputParser
from millstream.run.journal import Kind, Record

OWN_CATEGORY = "millstream"
"""The category of lines that the run itself adds."""


class Transcript:
    """Makes lines of records, one after the other. The same records always make the same lines, with equal numbers."""

    def __init__(self) -> None:
        self._parsers = {Kind.STDOUT: OutputParser("stdout"), Kind.STDERR: OutputParser("stderr")}

    @property
    def progress(self) -> float:
        """How far the command has said that it is, 0 to 1; 0 where it has said nothing."""
        return max(parser.progress or 0.0 for parser in self._parsers.values())

    def lines(self, record: Record) -> Sequence[Line]:
        """Return the lines that this record completes."""
        if record.kind in self._parsers:
            return self._parsers[record.kind].feed(record.payload)
        if record.kind is Kind.LOST:
            text = f"{record.lost:,} bytes of output are missing here: the spool's disk was full"
            return [*self._unfinished(), Line(text, BUILD_LOG_LEVEL_WARNING, OWN_CATEGORY, None)]
        if record.kind is Kind.NOTE:
            return [Line(record.payload.decode(errors="replace"), BUILD_LOG_LEVEL_ERROR, OWN_CATEGORY, None)]
        return []

    def close(self, *, broken_off: bool) -> Iterator[Line]:
        """Yield the lines that ended without a line break, and one more where the journal has no end."""
        yield from self._unfinished()
        if broken_off:
            yield Line("the recording broke off here", BUILD_LOG_LEVEL_WARNING, OWN_CATEGORY, None)

    def _unfinished(self) -> Iterator[Line]:
        for parser in self._parsers.values():
            yield from parser.close()
