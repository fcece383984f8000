"""One row of a terminal, so that a line that was drawn over is stored as it looked in the end."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from millstream.output.lines.ansi import ESCAPE, FIND_INERT, INERT, UNFINISHED
from millstream.output.lines.content import MAX_CONTENT_BYTES, split

_TEXT: Final = r"[^\x00-\x08\x0a-\x1f\x7f-\x9f]"
_CLEAR: Final = "\x1b[K"
_TOKEN: Final = re.compile(
    rf"({_TEXT}++)"
    rf"|((?:(?:\x08++|{INERT}){_TEXT}*+)++)"
    rf"|((?:\r(?:\x1b\[K)?+{_TEXT}*+(?:(?:{INERT}){_TEXT}*+)*+(?:\x1b\[K)?+)++)"
    rf"|({ESCAPE.pattern})"
    rf"|[\x00-\x1f\x7f-\x9f]"
)
_STRUCK: Final = re.compile(rf"(?:{_TEXT}\x08(?={_TEXT}))++")
_BACK: Final = re.compile(r"\x08*+")
_AHEAD: Final = re.compile(rf"{_TEXT}*+")
_TO_START: Final = ("\x1b[G", "\x1b[0G", "\x1b[1G")
_CLEARED_AT_START: Final = ("\x1b[2K\r", "\r\x1b[2K")
_CURSOR: Final = re.compile(r"\x1b\[(\d{0,6}+)(?:;(\d{0,6}+))?+[\d;]{0,32}+([A-Za-z`])\Z")
_WIDTH: Final = 200  # how far a movement may go beyond the text: a terminal stops at its edge
_REACH: Final = 2048  # cells that the cursor can come back to; what is further left is settled
_SETTLED_AT_ONCE: Final = _REACH // 2
_MANY: Final = 3  # drawings that are put together before they are written


class Row:
    """Text with a cursor, written to piece by piece.

    A character takes one cell, a tab too. A movement up or down leaves the row: what stood there was drawn to be
    drawn over, and is dropped. What is far left of the text's end is settled: the cursor can't go back there, as it
    can't in a terminal whose edge wrapped the line; so an escape never costs more than a row of `_REACH` cells.
    Settled text goes to `pieces` as soon as it is more than a stored line can hold.

    How the text is divided between writes makes no difference.
    """

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._settled: list[str] = []
        self._settled_size = 0  # in bytes
        self._cells: list[str] = []
        self._cursor = 0  # a cell; 0 is the first that is not settled
        self._edited = False  # something was written over or erased
        self._left = False  # the cursor is in another row, where nothing was written yet
        self._pending = ""  # an escape that has not ended yet
        self._saved: int | None = None  # the cursor that was saved
        self._stash: list[str] | None = None  # the cells that were left with the cursor saved

    def write(self, text: str, final: bool = False) -> None:
        """Play `text`; `final`: no more comes, so an escape that has not ended never will."""
        text, self._pending = _plainly(self._pending + text), ""
        for token in _TOKEN.finditer(text):
            run, decorated, drawings, escape = token.groups()
            if run is not None:
                self._print(run)
            elif decorated is not None:
                self._strike(FIND_INERT.sub("", decorated))
            elif drawings is not None:
                self._draw(FIND_INERT.sub("", drawings[1:]).split("\r"))
            elif escape is None:
                self._control(token[0])
            elif not final and UNFINISHED.match(text, token.start()):
                self._pending = text[token.start() :]
                return
            else:
                self._escape(escape)

    def finish(self) -> str | None:
        """Return what stands in the row, without `pieces`; None if the cursor left it and wrote nothing since."""
        text = "".join([*self._settled, *self._cells])
        if self._left and not text:
            return None
        return text.rstrip(" ") if self._edited else text

    def _draw(self, drawings: list[str]) -> None:
        """Write each of these from the start of the row, over the one before; `ESC [ K` before or after it clears."""
        if len(drawings) < _MANY or max(map(len, drawings)) > _REACH:
            for drawing in drawings:
                self._draw_one(drawing)
            return
        row = "".join(self._cells)
        for drawing in drawings:
            text = drawing.removeprefix(_CLEAR)
            if len(text) < len(drawing):
                self._edited |= bool(row)
                row = ""
            rest, text = text, text.removesuffix(_CLEAR)
            if text:
                self._left = False
                self._edited |= bool(row)
                row = text + row[len(text) :]
            if len(text) < len(rest):
                self._edited |= len(text) < len(row)
                row = text
        self._cells, self._cursor = list(row), len(text)

    def _strike(self, text: str) -> None:
        """Write `text`, of which backspaces are all that moves: first without what is struck over at once."""
        if "\x08" not in text:
            self._print(text)
            return
        once = _STRUCK.sub("", text)
        self._edited |= len(once) < len(text)
        start = 0
        while start < len(once):
            start = self._stroke(once, start)

    def _stroke(self, text: str, start: int) -> int:
        """Go back and write what follows; return where it ends. Of drawings of one width only the last is written."""
        back = _end_of(_BACK, text, start) - start
        end = _end_of(_AHEAD, text, start + back)
        self._cursor = max(0, self._cursor - back)
        if 0 < back == end - start - back <= _SETTLED_AT_ONCE and text.startswith("\x08" * back, end):
            last = _end_of(_drawings(back), text, start)
            self._edited |= last > end
            start, end = last - 2 * back, last
        self._print(text[start + back : end])
        return end

    def _draw_one(self, drawing: str) -> None:
        text = drawing.removeprefix(_CLEAR)
        self._cursor = 0
        if len(text) < len(drawing):
            self._erase(0)
        self._print(text.removesuffix(_CLEAR))
        if text.endswith(_CLEAR):
            self._erase(0)

    def _print(self, run: str) -> None:
        if not run:
            return
        self._left = False
        cells, start = self._cells, self._cursor
        if start > len(cells):
            cells.extend(" " * (start - len(cells)))
        over = min(len(run), len(cells) - start)
        if over:
            cells[start : start + over] = run[:over]
            self._cursor += over
            self._edited = True
        if over < len(run):
            self._append(run[over:])

    def _append(self, run: str) -> None:
        """Write at the end. A character that would stand beyond the reach first settles the left half."""
        length = len(self._cells) + len(run)
        if length <= _REACH:
            self._cells.extend(run)
        else:
            text = "".join(self._cells) + run
            settled = -(-(length - _REACH) // _SETTLED_AT_ONCE) * _SETTLED_AT_ONCE
            self._settle(text[:settled])
            self._cells = list(text[settled:])
        self._cursor = len(self._cells)

    def _settle(self, text: str) -> None:
        self._settled.append(text)
        self._settled_size += _size(text)
        if self._settled_size > MAX_CONTENT_BYTES:
            *pieces, rest = split("".join(self._settled))
            self.pieces += pieces
            self._settled, self._settled_size = [rest], _size(rest)

    def _control(self, chars: str) -> None:
        if chars == "\r":
            self._cursor = 0
        elif chars in "\x0b\x0c":
            self._print(" ")

    def _escape(self, escape: str) -> None:
        if escape in ("\x1b7", "\x1b[s"):
            self._saved = self._cursor
        elif escape in ("\x1b8", "\x1b[u"):
            self._restore()
        elif escape in ("\x1bD", "\x1bM"):
            self._leave(self._cursor)
        elif escape in ("\x1bE", "\x1bc"):
            self._leave(0)
        elif cursor := _CURSOR.match(escape):
            first, second, final = cursor.groups()
            self._move(final, int(first or 0), int(second or 0))

    def _move(self, final: str, first: int, second: int) -> None:
        if final in "KJ":
            self._erase(first)
        elif final in "Ca":
            self._go(self._cursor + (first or 1))
        elif final == "D":
            self._go(self._cursor - (first or 1))
        elif final in "G`":
            self._go(first - 1)
        elif final in "ABd":
            self._leave(self._cursor)
        elif final in "EFHf":
            self._leave(0)
            self._go(second - 1)

    def _go(self, column: int) -> None:
        self._cursor = max(0, min(column, max(len(self._cells), _WIDTH)))

    def _erase(self, part: int) -> None:
        """Erase to the right (0), to the left (1) or all (2, 3)."""
        cells, before = self._cells, self._cursor + 1
        if part == 0:
            self._edited |= self._cursor < len(cells)
            del cells[self._cursor :]
        elif part == 1:
            self._edited |= bool(cells)
            cells[:before] = " " * min(before, len(cells))
        elif part <= 3:
            self._edited |= bool(cells)
            cells.clear()

    def _leave(self, column: int) -> None:
        if self._saved is not None and self._stash is None:
            self._stash = self._cells
        self._cells, self._cursor, self._left = [], column, True

    def _restore(self) -> None:
        if self._saved is not None:
            self._cursor, self._saved = self._saved, None
        if self._stash is not None:
            self._cells, self._stash, self._left = self._stash, None, False


@lru_cache(maxsize=64)
def _drawings(width: int) -> re.Pattern[str]:
    """Return the pattern of texts of `width` cells, each of which goes back as far and is drawn over the one before."""
    return re.compile(rf"(?:\x08{{{width}}}{_TEXT}{{{width}}})++")


def _plainly(text: str) -> str:
    """Return `text` with other ways to go to the row's start, and to clear it there, written as most tools do."""
    if "\x1b" not in text:
        return text
    if "G" in text:
        for written in _TO_START:
            text = text.replace(written, "\r")
    if "K" in text:
        text = text.replace("\x1b[0K", _CLEAR)
        for written in _CLEARED_AT_START:
            text = text.replace(written, "\r" + _CLEAR)
    return text


def _end_of(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Return where in `text` that ends which matches at `start`; there, if nothing does."""
    match = pattern.match(text, start)
    return start if match is None else match.end()


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
