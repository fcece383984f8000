"""From bytes as they come to the text of lines."""

from __future__ import annotations

import codecs
import re
from typing import Final

from millstream.output.lines.ansi import CONTROL, MOTION, strip_decoration
from millstream.output.lines.content import MAX_CONTENT_BYTES, split
from millstream.output.lines.row import Row

Piece = tuple[str, bool]
"""Text for one stored line, and whether it goes on with the line before it, which was too long for one."""

_PLAIN: Final = bytes([0x09, 0x0A, *range(0x20, 0x7F), *range(0x80, 0x100)])
_RESTART: Final = re.compile(rb"[\r\x1b]")
_C1: Final = re.compile(rb"\xc2[\x80-\x9f]")
_MAX_BUFFERED: Final = MAX_CONTENT_BYTES
_MAX_BUFFERED_WITH_ROW: Final = 1 << 16
_Decoder: Final = codecs.getincrementaldecoder("utf-8")


class LineSplitter:
    """Cuts a stream at its line feeds; gives each line as a terminal would show it.

    Bytes that are not UTF-8 become U+FFFD. An escape never goes on over a line feed. Holds a few MiB at most: of
    a line without end the pieces that are full are given out before the line feed has come.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()  # of the line that has not ended, what is not in the row
        self._row: Row | None = None  # of a line that is longer than the buffer may be
        self._decoder = _Decoder("replace")
        self._continues = False  # a piece of the line that has not ended was given out

    def feed(self, data: bytes) -> list[Piece]:
        """Return the lines that end in `data`, and the full pieces of the one that has not ended."""
        end = data.rfind(b"\n")
        if end < 0:
            self._buffer += data
            return self._overflow()
        pieces: list[Piece] = []
        start = 0
        if self._row is not None:
            start = data.find(b"\n") + 1
            self._buffer += data[: start - 1]
            pieces += self._finish_row()
        elif self._buffer:
            data, end = bytes(self._buffer) + data, end + len(self._buffer)
        if start <= end:
            pieces += _lines(data[start : end + 1])
        self._buffer[:] = data[end + 1 :]
        return pieces + self._overflow() if len(self._buffer) > _MAX_BUFFERED else pieces

    def close(self) -> list[Piece]:
        """Return what was left without a line feed, if it shows anything; the splitter starts afresh."""
        self._row = self._row or Row()
        return [piece for piece in self._finish_row() if piece[0]]

    def peek(self, size: int) -> bytes:
        """Return the last bytes, at most `size`, of what came since the last line feed.

        They begin where the line does, or with a control character: never in the middle of a text.
        """
        tail = bytes(self._buffer[-size:])
        if self._row is None and len(tail) == len(self._buffer):
            return tail
        begin = _RESTART.search(tail)
        return tail[begin.start() :] if begin else b""

    def _overflow(self) -> list[Piece]:
        if len(self._buffer) <= (_MAX_BUFFERED if self._row is None else _MAX_BUFFERED_WITH_ROW):
            return []
        self._row = self._row or Row()
        self._row.write(self._decoder.decode(bytes(self._buffer)))
        self._buffer.clear()
        return self._take_pieces(self._row)

    def _finish_row(self) -> list[Piece]:
        row, self._row = self._row or Row(), None
        row.write(self._decoder.decode(bytes(self._buffer), final=True), final=True)
        self._buffer.clear()
        self._decoder.reset()
        pieces = self._take_pieces(row)
        last = row.finish()
        if last is not None:
            pieces += self._continue(split(last))
        self._continues = False
        return pieces

    def _take_pieces(self, row: Row) -> list[Piece]:
        pieces, row.pieces = self._continue(row.pieces), []
        return pieces

    def _continue(self, texts: list[str]) -> list[Piece]:
        pieces = []
        for text in texts:
            pieces.append((text, self._continues))
            self._continues = True
        return pieces


def _lines(data: bytes) -> list[Piece]:
    """Return the lines of `data`, which ends in a line feed."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    text = data[:-1].decode("utf-8", "replace")
    if data.translate(None, _PLAIN) or (b"\xc2" in data and _C1.search(data)):
        if MOTION.search(text):
            return [piece for line in text.split("\n") for piece in _play(line)]
        text = strip_decoration(text)
    if len(text) * 4 <= MAX_CONTENT_BYTES:
        return [(line, False) for line in text.split("\n")]
    return [piece for line in text.split("\n") for piece in _number(split(line))]


def _play(text: str) -> list[Piece]:
    """Return what a terminal would show of the line `text`."""
    if not CONTROL.search(text):
        return _number(split(text))
    text = text.rstrip("\r")
    if not MOTION.search(text):
        return _number(split(strip_decoration(text)))
    row = Row()
    row.write(text, final=True)
    last = row.finish()
    return _number(row.pieces if last is None else [*row.pieces, *split(last)])


def _number(texts: list[str]) -> list[Piece]:
    return [(text, index > 0) for index, text in enumerate(texts)]
