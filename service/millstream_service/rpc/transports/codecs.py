"""How messages are written: as protobuf has them, or as JSON (https://protobuf.dev/programming-guides/json).

Behind a transport all are protobuf's bytes. What is JSON is turned into these here, and back.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from millstream_service.errors import ValidationFailedError

_MAX_DEPTH = 100
_WITHIN = re.compile(r"Failed to parse (\S+) field: ")
_UNKNOWN = re.compile(r'has no field named "(.*?)" at "', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Codec:
    """`decode` takes what clients send, `encode` gives what they get; both to and from protobuf's bytes.

    `decode` raises ValidationFailedError.
    """

    name: str
    decode: Callable[[bytes], bytes]
    encode: Callable[[bytes], bytes]


def _same(data: bytes) -> bytes:
    return data


PROTO = Codec("proto", _same, _same)


@cache
def json_codec(method: MethodDescriptor) -> Codec:
    """Return the codec of JSON for an RPC's request and response."""
    request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)

    def decode(data: bytes) -> bytes:
        message = request()
        if data and not data.lstrip().startswith(b"{"):
            raise ValidationFailedError("request", f"is no {request.DESCRIPTOR.name} in JSON: that is an object")
        try:
            json_format.Parse(data or b"{}", message, max_recursion_depth=_MAX_DEPTH)
        except (json_format.ParseError, ValueError, RecursionError) as error:
            raise _refusal(str(error), request.DESCRIPTOR.name) from None
        return message.SerializeToString()

    def encode(data: bytes) -> bytes:
        return to_json(response.FromString(data))

    return Codec("json", decode, encode)


def _refusal(text: str, name: str) -> ValidationFailedError:
    """Return what says in one line which field is at fault, given what protobuf says in many."""
    path: list[str] = []
    while within := _WITHIN.match(text):
        path.append(within[1])
        text = text[within.end() :]
    field = ".".join(path) or "request"
    if unknown := _UNKNOWN.search(text):
        return ValidationFailedError(field, f"has no field {json.dumps(unknown[1])}")
    line = text.partition("\n")[0].rstrip(".")
    return ValidationFailedError(field, f"is no {name} in JSON: {line}" if not path else f"can't be read: {line}")


def to_json(message: Message) -> bytes:
    """Return a message as JSON, on one line."""
    return json.dumps(json_format.MessageToDict(message), ensure_ascii=False, separators=(",", ":")).encode()
