"""How large a request may be, by its RPC: looked at before it is parsed, for parsing takes up to 82 times its bytes.

Most requests are an id and a few short texts. Those that carry more have what the documented bounds of their fields add
up to, and where these are megabytes the elements of their lists are counted, too: an empty element is two bytes on the
wire and a whole message in memory.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from google.protobuf.descriptor import Descriptor, MethodDescriptor

from millstream_service.errors import ListTooLargeError, MessageTooLargeError

KIBIBYTE, MEBIBYTE = 1 << 10, 1 << 20
MAX_REQUEST_BYTES = 8 * MEBIBYTE
"""Of the RPCs that take the most: what comes in batches, which their sender may cut as it likes."""
_MAX_OTHER_FIELDS = 20_000
"""Where elements are counted: fields beside them, in all."""
_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_Numbers = tuple[int, ...]


@dataclass(frozen=True)
class Bounds:
    """The bytes that a request may have, and how many elements its lists, by the path of their field, in all."""

    max_bytes: int = 64 * KIBIBYTE
    lists: Mapping[str, int] = field(default_factory=dict)


_PLAIN = Bounds()
_OF_SCHEMES = Bounds(2 * MEBIBYTE, {"scheme_ids": 1_000})
BOUNDS: Mapping[str, Bounds] = {
    "CreateProject": Bounds(4 * MEBIBYTE, {"schemes": 1_000}),
    "CreateBuild": Bounds(128 * KIBIBYTE),
    "UpdateBuild": Bounds(128 * KIBIBYTE),
    "CreateCrashLog": Bounds(4 * MEBIBYTE),
    "UpdateCrashLog": Bounds(4 * MEBIBYTE),
    "CreateBuildLog": Bounds(2 * MEBIBYTE),
    "AppendBuildLogs": Bounds(MAX_REQUEST_BYTES, {"entries": 10_000}),
    "ListBuilds": _OF_SCHEMES,
    "StreamBuildIds": _OF_SCHEMES,
    "CreateInstance": Bounds(384 * KIBIBYTE),
    "UpdateInstance": Bounds(384 * KIBIBYTE),
    "LogMcpEvent": Bounds(384 * KIBIBYTE),
    "CreateRelationship": Bounds(384 * KIBIBYTE),
    "UpdateRelationship": Bounds(384 * KIBIBYTE),
    "UpsertGitHubIssue": Bounds(512 * KIBIBYTE),
    "SyncGitHubIssues": Bounds(MAX_REQUEST_BYTES, {"github_issues": 1_000, "github_issues.labels": 100_000}),
    "SetConfig": Bounds(128 * KIBIBYTE),
}
"""Of the RPCs that take more than others."""


class RequestCheck:
    """Checks the requests of one RPC."""

    __slots__ = ("_lists", "max_bytes")

    def __init__(self, method: MethodDescriptor) -> None:
        bounds = BOUNDS.get(method.name, _PLAIN)
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
