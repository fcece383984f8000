"""Looks at a request before it is parsed, for parsing takes up to 82 times its bytes: how large it is, and its lists.

An empty element of a list is two bytes on the wire and a whole message in memory: so elements are counted, too. The
bounds stand in the table of RPCs.
"""

from collections.abc import Collection, Iterator

from google.protobuf.descriptor import Descriptor, MethodDescriptor

from millstream_service.errors import ListTooLargeError, MessageTooLargeError
from millstream_service.security.rpc_table import Bounds

_MAX_OTHER_FIELDS = 20_000
"""Where elements are counted: fields beside them, in all."""
_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_Numbers = tuple[int, ...]


class RequestCheck:
    """Checks the requests of one RPC."""

    __slots__ = ("_lists", "max_bytes")

    def __init__(self, method: MethodDescriptor, bounds: Bounds) -> None:
        self.max_bytes = bounds.max_bytes
        self._lists = {_numbers(method.input_type, path): (path, most) for path, most in bounds.lists.items()}

    def __call__(self, data: bytes) -> None:
        """Look at a request. Raises MessageTooLargeError and ListTooLargeError."""
        if len(data) > self.max_bytes:
            raise MessageTooLargeError("request", self.max_bytes, len(data))
        if any(_may_have_more(data, numbers[-1], most) for numbers, (_, most) in self._lists.items()):
            self._count(data)

    def _count(self, data: bytes) -> None:
        left = {numbers: most for numbers, (_, most) in self._lists.items()}
        fields_left = sum(left.values()) + _MAX_OTHER_FIELDS
        for numbers in _fields(data, 0, len(data), (), left.keys()):
            fields_left -= 1
            if numbers in left:
                left[numbers] -= 1
                if left[numbers] < 0:
                    raise ListTooLargeError(*self._lists[numbers])
            if fields_left < 0:
                raise ListTooLargeError("request", _MAX_OTHER_FIELDS, "fields")


def _numbers(message: Descriptor, path: str) -> _Numbers:
    """Return the numbers of the fields of a path. Their tags have one byte, which `_may_have_more` looks for."""
    numbers = []
    for name in path.split("."):
        found = message.fields_by_name[name]
        numbers.append(found.number)
        message = found.message_type or message
    if max(numbers) > 15:
        raise ValueError(f"{path}: its elements begin with more than one byte")
    return tuple(numbers)


def _may_have_more(data: bytes, number: int, most: int) -> bool:
    """Whether the byte that an element begins with is there more often; it may be a part of anything else, too.

    A tag may be written longer than it has to be: then its first byte has the highest bit set.
    """
    tag = number << 3 | _DELIMITED
    return data.count(tag) + data.count(tag | 128) > most


def _fields(data: bytes, start: int, end: int, outer: _Numbers, lists: Collection[_Numbers]) -> Iterator[_Numbers]:
    """Yield the numbers that lead to each field, also to those within the elements of lists that have lists.

    What is damaged ends it: the parser gets no further, and says so.
    """
    while start < end:
        tag, start = _varint(data, start, end)
        numbers, kind = (*outer, tag >> 3), tag & 7
        yield numbers
        if kind == _DELIMITED:
            size, start = _varint(data, start, end)
            if any(one[:-1] == numbers for one in lists):
                yield from _fields(data, start, min(start + size, end), numbers, lists)
            start += size
        elif kind == _VARINT:
            _, start = _varint(data, start, end)
        elif kind in (_FIXED64, _FIXED32):
            start += 8 if kind == _FIXED64 else 4
        elif kind > _FIXED32:
            return


def _varint(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Return a number and where it ends."""
    value = shift = 0
    while start < end:
        byte = data[start]
        start += 1
        value |= (byte & 127) << shift
        if byte < 128:
            break
        shift += 7
    return value, start
