"""Bytes as protobuf has them on the wire: https://protobuf.dev/programming-guides/encoding/."""

from itertools import pairwise

VARINT, DELIMITED = 0, 2


def varint(number: int) -> bytes:
    """Return a non-negative number as a varint."""
    if number < 128:
        return bytes((number,))
    if number < 16_384:
        return bytes((number & 127 | 128, number >> 7))
    return bytes((number & 127 | 128,)) + varint(number >> 7)


def tag(field: int, kind: int) -> bytes:
    """Return what stands before a field: its number, and VARINT or DELIMITED."""
    return varint(field << 3 | kind)


def encode_delimited(field: int, data: bytes) -> bytes:
    """Return a field that holds bytes, a text or a message."""
    return tag(field, DELIMITED) + varint(len(data)) + data


def starts(data: bytes) -> list[int]:
    """Return where fields that follow each other begin, and where the last one ends.

    All hold bytes, and their tags are of a byte. Raises ValueError where they are cut off.
    """
    found = [0]
    try:
        while found[-1] < len(data):
            at = found[-1] + 1
            size = shift = 0
            while (digit := data[at]) > 127:
                size |= (digit & 127) << shift
                shift += 7
                at += 1
            found.append(at + 1 + (size | digit << shift))
    except IndexError as error:
        raise ValueError("a field is cut off") from error
    if found[-1] != len(data):
        raise ValueError("a field is cut off")
    return found


def contents(data: bytes) -> list[bytes]:
    """Return what such fields hold, each behind its length. Raises ValueError likewise."""
    return [data[begin + 1 : end] for begin, end in pairwise(starts(data))]
