"""Bytes as protobuf has them on the wire: https://protobuf.dev/programming-guides/encoding/."""

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


def delimited(field: int, data: bytes) -> bytes:
    """Return a field that holds bytes, a text or a message."""
    return tag(field, DELIMITED) + varint(len(data)) + data


def contents(data: bytes) -> list[bytes]:
    """Return what fields that follow each other hold, each behind its length. Their tags are of a byte."""
    found = []
    at = 0
    while at < len(data):
        begin = end = at + 1
        size = shift = 0
        while True:
            digit = data[end]
            size |= (digit & 127) << shift
            end += 1
            if digit < 128:
                break
            shift += 7
        at = end + size
        found.append(data[begin:at])
    return found
