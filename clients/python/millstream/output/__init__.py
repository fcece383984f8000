"""What a build command writes, line by line: text, level, category and progress.

A pure library: bytes in, lines out. `OutputParser` is one per stream.
"""

from millstream.output.lines.categories import Phase, Stream, phase_of, stream_of
from millstream.output.lines.content import MAX_CONTENT_BYTES
from millstream.output.parser import Line, OutputParser

__all__ = ["MAX_CONTENT_BYTES", "Line", "OutputParser", "Phase", "Stream", "phase_of", "stream_of"]
