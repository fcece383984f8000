"""Looks for a text or an expression in chunks.

Where a chunk has its texts in one piece, that is looked through as it is, and only what holds a hit becomes a line; in
a chunk of messages each line is looked at. Runs in reading threads.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import re2

from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.chunks import columns_of, lines_in, undamaged
from millstream_service.convert.columns import LINES
from millstream_service.convert.line_filter import LineFilter
from millstream_service.convert.logs import lines_of
from millstream_service.convert.text_lines import Find, Place, all_holding, matching
from millstream_service.errors import InvalidRegexError
from millstream_service.store.logs import COLUMNS, Chunk

_OF_ONE_TEXT = re.compile(r"\\[Az]|\(\?[a-zA-Z]*-")
"""What may mean another place in many lines than in one: the ends of the text, flags that are turned off."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is looked for: in a single line, and, where that is known to find the same, in many at once."""

    in_line: Find
    in_lines: Callable[[bytes], Iterator[Place]] | None

    def hits(self, chunk: Chunk, build_id: str, wanted: LineFilter, from_seq: int) -> Iterator[BuildLog]:
        """Yield the lines of a chunk from `from_seq` on that match. Raises StoreCorruptError."""
        if wanted.takes_none(chunk):
            return
        columns = columns_of(chunk, build_id) if chunk.codec == COLUMNS else None
        if columns is None or columns.separator != LINES[0] or self.in_lines is None:
            lines = lines_in(chunk, build_id, wanted, from_seq)
            yield from (line for line in lines if self.in_line(line.content.encode(), 0) >= 0)
            return
        columns = columns.only(wanted.fits)
        with undamaged(chunk, build_id):
            for index, begin in self.in_lines(columns.texts):
                if chunk.first_seq + index >= from_seq:
                    yield from lines_of(columns.message(build_id, index, begin))


def literal(text: str) -> Pattern:
    """Return the pattern of a text that is looked for as it is."""
    needle = text.encode()

    def find(texts: bytes, start: int) -> int:
        return texts.find(needle, start)

    return Pattern(find, partial(all_holding, needle=needle) if LINES not in needle else None)


def expression(query: str, *, ignore_case: bool) -> Pattern:
    """Return the pattern of an expression in RE2's syntax, which takes time linear in the text, whatever it is.

    See https://github.com/google/re2/wiki/Syntax. Raises InvalidRegexError.
    """
    in_line = _compiled(query, ignore_case=ignore_case, one_line=True)
    if _OF_ONE_TEXT.search(query):
        return Pattern(in_line, None)
    in_lines = _compiled(f"(?m:{query})", ignore_case=ignore_case, one_line=False)
    return Pattern(in_line, partial(matching, find=in_lines))


def text_without_case(text: str) -> Pattern:
    """Return the pattern of a text whose letters may be large or small."""
    return expression(re2.escape(text), ignore_case=True)


def _compiled(query: str, *, ignore_case: bool, one_line: bool) -> Find:
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False
    options.never_nl = not one_line
    try:
        compiled = re2.compile(query.encode(), options=options)
    except re2.error as error:
        text = error.args[0] if error.args else b""
        raise InvalidRegexError(text.decode(errors="replace") if isinstance(text, bytes) else str(text)) from error

    def find(text: bytes, start: int) -> int:
        match = compiled.search(text, start)
        return -1 if match is None else match.start()

    return find
