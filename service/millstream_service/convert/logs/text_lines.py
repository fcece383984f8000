"""Which lines of a piece of text, as a merged chunk has it, hold something: in C (`_texts.c`) for a text, or here."""

from collections.abc import Callable, Iterator

from millstream_service.convert.logs.columns import LINES

Find = Callable[[bytes, int], int]
"""Where the first match in a text is that begins at a place or behind it, -1: nowhere."""
Place = tuple[int, int]
"""A line: its index in the text, from 0, and where it begins."""


def matching(texts: bytes, find: Find, index: int = 0, begin: int = 0) -> Iterator[Place]:
    """Yield the lines with a match, from the one of an index that begins there. A match must not span lines."""
    at = find(texts, begin)
    while at >= 0:
        index += texts.count(LINES, begin, at)
        yield index, texts.rfind(LINES, 0, at) + 1
        begin = at
        end = texts.find(LINES, at)
        at = find(texts, end + 1) if end >= 0 else -1


def plain_holding(texts: bytes, needle: bytes, index: int, begin: int, /) -> list[Place]:
    """Return lines that hold a needle, from the one of an index that begins there: all, or the first of them.

    They are all where there are none. Raises ValueError where the needle is empty, or an argument is below 0.
    """
    if index < 0 or begin < 0 or not needle:
        raise ValueError("there is no such line, or nothing to look for")
    return list(matching(texts, lambda some, start: some.find(needle, start), index, begin))


def all_holding(texts: bytes, needle: bytes) -> Iterator[Place]:
    """Yield all lines that hold a needle, which must not be empty nor have a line break."""
    index = begin = 0
    while places := holding(texts, needle, index, begin):
        yield from places
        index, begin = places[-1]
        end = texts.find(LINES, begin)
        if end < 0:
            return
        index, begin = index + 1, end + 1


try:
    from millstream_service.convert.native import _texts
except ImportError:
    holding = plain_holding
else:
    holding = _texts.holding
