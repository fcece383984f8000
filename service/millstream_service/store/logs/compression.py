"""Zstandard, for what lies in the store."""

import threading

import zstandard

_local = threading.local()


def compress(data: bytes, level: int) -> bytes:
    """Return data as a frame with its size and a checksum: damage on the disk is noticed."""
    return zstandard.ZstdCompressor(level=level, write_checksum=True).compress(data)


def decompress(frame: bytes, most: int) -> bytes:
    """Return the data of a frame, `most` bytes at the most. Raises ValueError where the frame is damaged."""
    try:
        if 0 <= zstandard.frame_content_size(frame) <= most:  # else it might ask for any amount of memory
            return _decompressor().decompress(frame)
    except zstandard.ZstdError as error:
        raise ValueError("the frame is damaged") from error
    raise ValueError("the frame does not say its size, or a larger one than it may")


def _decompressor() -> zstandard.ZstdDecompressor:
    """Return this thread's own: one must not be used by two at a time."""
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    decompressor: zstandard.ZstdDecompressor = _local.decompressor
    return decompressor
