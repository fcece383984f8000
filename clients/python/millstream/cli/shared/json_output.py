"""JSON for scripts: canonical protobuf JSON with the protos' field names.

64-bit integers are strings and enums are their names, as protobuf's JSON mapping has it. Every field is there, even
where it has its default, but for messages and `optional` fields that are absent: `jq` finds what it looks for.
Control characters, and those that turn the direction of text, are escaped: JSON on a terminal does not steer it.
"""

import json
from collections.abc import Iterable
from typing import Any

from google.protobuf.json_format import MessageToDict, SerializeToJsonError
from google.protobuf.message import Message

from millstream.cli.shared.errors import CommandError
from millstream.cli.shared.printable import json_safe


def as_dict(message: Message) -> dict[str, Any]:
    """Return the message as what `json.dumps` takes. Raises CommandError where JSON does not have it."""
    try:
        return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    except SerializeToJsonError as error:
        name = message.DESCRIPTOR.name
        raise CommandError(f"a {name} can't be printed as JSON: its metadata has a number that JSON lacks") from error


def json_line(message: Message) -> str:
    """One object on one line, without the line break."""
    return json_safe(json.dumps(as_dict(message), ensure_ascii=False, allow_nan=False))


def json_object(value: dict[str, Any]) -> str:
    """One object for reading, without the last line break."""
    return json_text(value)


def json_array(messages: Iterable[Message]) -> str:
    """Return a whole list for reading, without the last line break."""
    return json_text([as_dict(message) for message in messages])


def json_text(value: object) -> str:
    """Return any value for reading, without the last line break."""
    return json_safe(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2))
