"""How much text a log line may hold."""

from __future__ import annotations

from typing import Final

MAX_CONTENT_BYTES: Final = 1 << 20
"""The most that one stored line holds, in bytes of UTF-8. A longer line is stored in pieces."""


def split(text: str) -> list[str]:
    """Return `text` in pieces that stored lines can hold, each as long as it may be; `[text]` as a rule."""
    if len(text) * 4 <= MAX_CONTENT_BYTES:
        return [text]
    data = text.encode()
    pieces, start = [], 0
    while len(data) - start > MAX_CONTENT_BYTES:
        end = start + MAX_CONTENT_BYTES
        while data[end] & 0xC0 == 0x80:  # in the middle of a character
            end -= 1
        pieces.append(data[start:end].decode())
        start = end
    return [*pieces, data[start:].decode()] if pieces else [text]
