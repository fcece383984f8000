"""Looks for a text or an expression in chunks.

An expression is compiled where it is looked for, in a reading thread, and the last few are kept. RE2 compiles with
Python's lock, and a few bytes can ask for hundreds of milliseconds of that: what would take more than a moment is
refused, which takes a moment, too. One is compiled at a time, and after each others have the lock for longer than that.

Where a chunk has its texts in one piece, that is looked through as it is, and only what holds a hit becomes a line; in
a chunk of messages each line is looked at. Runs in reading threads.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial

from millstream.builds.v1.backend_service_pb2 import SearchHit
from millstream_service.convert.logs.chunks import columns_of, parts, report_damage
from millstream_service.convert.logs.columns import LINES
from millstream_service.convert.logs.line_filter import LineFilter
from millstream_service.convert.logs.logs import lines_of
from millstream_service.convert.logs.text_lines import Find, Place, all_holding, matching
from millstream_service.convert.wire import DELIMITED, starts, tag
from millstream_service.errors import InvalidRegexError
from millstream_service.store.logs.logs import COLUMNS, Chunk

_OF_ONE_TEXT = re.compile(r"\\[Az]|\(\?[a-zA-Z]*-")
"""What may mean another place in many lines than in one: the ends of the text, flags that are turned off."""
MAX_PROGRAM_BYTES = 256 << 10
"""An expression has to be compiled within these: four milliseconds, and less than two until it is refused."""
_MAX_BYTES = 4 << 20
"""Then it may take so much, with the states that it is in while it looks: in less it is slow."""
_REST = 2
"""So many times as long as it took to compile one the lock is left to others."""
_one_at_a_time = threading.Lock()
_KEPT = 8
"""So many patterns, of two expressions each: 64 MiB at the most."""

_HIT, _AFTER = (
    tag(number, DELIMITED)[0] for number in (SearchHit.BUILD_LOG_FIELD_NUMBER, SearchHit.AFTER_FIELD_NUMBER)
)
Around = tuple[bytes, int, int]
"""A SearchHit, serialized: a line with some of its chunk before it and after it, and how many these are."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that matches. `around` gives it with lines of its chunk: so many on either side.

    They may be fewer where they have so many bytes already, and more bytes than that.
    """

    seq: int
    around: Callable[[int, int], Around]


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is looked for: in a single line, and, where that is known to find the same, in many at once."""

    in_line: Find
    in_lines: Callable[[bytes], Iterator[Place]] | None

    def hits(self, chunk: Chunk, build_id: str, wanted: LineFilter, from_seq: int) -> Iterator[Hit]:
        """Yield the lines of a chunk from `from_seq` on that match. Raises StoreCorruptError, and so do these."""
        if wanted.takes_none(chunk):
            return
        columns = columns_of(chunk, build_id) if chunk.codec == COLUMNS else None
        if columns is None or columns.separator != LINES[0] or self.in_lines is None:
            data = b"".join(part.data for part in parts(chunk, build_id))
            among = _Among(data)
            with report_damage(chunk, build_id):
                for index, line in enumerate(lines_of(data)):
                    if line.seq >= from_seq and wanted.fits(line) and self.in_line(line.content.encode(), 0) >= 0:
                        yield Hit(line.seq, partial(among.around, index))
            return
        kinds = columns.only(wanted.fits).kinds
        with report_damage(chunk, build_id):
            for index, begin in self.in_lines(columns.texts):
                if chunk.first_seq + index >= from_seq and kinds[columns.column[index]] is not None:
                    yield Hit(chunk.first_seq + index, partial(columns.around, build_id, index, begin))


class _Among:
    """The lines of a chunk, as the field `build_logs` of a tail."""

    def __init__(self, lines: bytes) -> None:
        self._lines = lines
        self._starts: list[int] = []

    def around(self, index: int, count: int, _most: int) -> Around:
        """Return the line of an index with those around it. Raises ValueError where the lines can't be separated."""
        self._starts = self._starts or starts(self._lines)
        first, last = max(0, index - count), min(len(self._starts) - 2, index + count)
        begin, end = self._starts[first], self._starts[last + 1]
        hit = bytearray(self._lines[begin:end])  # those before the line have the tag of `before` already
        hit[self._starts[index] - begin] = _HIT
        for start in self._starts[index + 1 : last + 1]:
            hit[start - begin] = _AFTER
        return bytes(hit), index - first, last - index


def pattern_of(query: str, *, regex: bool, ignore_case: bool) -> Pattern:
    """Return what a search looks for. Raises InvalidRegexError."""
    found = _pattern_or_error(query, regex, ignore_case)
    if isinstance(found, str):
        raise InvalidRegexError(found)
    return found


@lru_cache(_KEPT)
def _pattern_or_error(query: str, regex: bool, ignore_case: bool) -> Pattern | str:
    """Return the pattern, or what is wrong with it, which is kept likewise."""
    if not regex:
        return text_without_case(query) if ignore_case else literal(query)
    try:
        return expression(query, ignore_case=ignore_case)
    except InvalidRegexError as error:
        return error.metadata["error"]


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
    in_line = _compile(query, ignore_case=ignore_case, one_line=True)
    if _OF_ONE_TEXT.search(query):
        return Pattern(in_line, None)
    in_lines = _compile(f"(?m:{query})", ignore_case=ignore_case, one_line=False)
    return Pattern(in_line, partial(matching, find=in_lines))


def text_without_case(text: str) -> Pattern:
    """Return the pattern of a text whose letters may be large or small."""
    import re2

    return expression(re2.escape(text), ignore_case=True)


def _compile(query: str, *, ignore_case: bool, one_line: bool) -> Find:
    """Compile an expression, once it has been seen to be small enough. Raises InvalidRegexError."""
    import re2  # few searches need it, and no other call

    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False
    options.never_nl = not one_line
    for options.max_mem in (MAX_PROGRAM_BYTES, _MAX_BYTES):
        with _one_at_a_time, _rest():
            try:
                compiled = re2.compile(query.encode(), options=options)
            except re2.error as error:
                raise InvalidRegexError(_said(error)) from error

    def find(text: bytes, start: int) -> int:
        match = compiled.search(text, start)
        return -1 if match is None else match.start()

    return find


@contextmanager
def _rest() -> Iterator[None]:
    """Let others have Python's lock after the block, in proportion to how long it was kept from them."""
    begun = time.thread_time()
    try:
        yield
    finally:
        time.sleep(_REST * (time.thread_time() - begun))


def _said(error: Exception) -> str:
    text = error.args[0] if error.args else b""
    said = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    if "too large" in said:
        return "it is too large when compiled: repeat less, or use classes of fewer characters"
    return said
