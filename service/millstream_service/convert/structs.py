"""Numbers in a Struct that JSON does not have: NaN and the infinities."""

import re
from collections.abc import Iterator, Mapping

from google.protobuf.struct_pb2 import Struct, Value

_PERHAPS = re.compile(rb"\x11[\x00-\xff]{6}[\xf0-\xff][\x7f\xff]")
"""A number, as it is serialized, whose exponent is all ones; or bytes of a text that look the same."""


def not_finite(struct: Struct, data: bytes) -> str | None:
    """Return where a Struct has such a number, as a path below it; None where it has none. `data`: it, serialized."""
    if not _PERHAPS.search(data):
        return None
    return next(_in_fields(struct.fields), None)


def _in_fields(fields: Mapping[str, Value]) -> Iterator[str]:
    for name, value in fields.items():
        for place in _in_value(value):
            yield f".{name}{place}"


def _in_value(value: Value) -> Iterator[str]:
    kind = value.WhichOneof("kind")
    if kind == "number_value" and not float("-inf") < value.number_value < float("inf"):
        yield ""
    elif kind == "struct_value":
        yield from _in_fields(value.struct_value.fields)
    elif kind == "list_value":
        for index, one in enumerate(value.list_value.values):
            for place in _in_value(one):
                yield f"[{index}]{place}"
