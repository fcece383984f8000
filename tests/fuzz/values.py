"""Values of fields that are worth trying: plausible ones, and those at an edge."""

from functools import cache
from random import Random
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from millstream.agents.v1 import agent_service_pb2
from millstream.builds.v1 import backend_service_pb2
from millstream.common.v1 import change_service_pb2

_EMOJI = "\N{GRINNING FACE}"
NAMES = [
    "app",
    "debug",
    "release",
    "build",
    "build/1",
    "build/2",
    "crash",
    "1.0",
    "stdout",
    "parent",
    "child",
    "key",
    "open",
]
"""Of what is there: see `stock`."""
PLAIN_TEXTS = ["", "x", "1.10.2", "octocat", "hello", "work-1-a1", "created_at", "last_activity", "projects", "é" * 100]
EDGE_TEXTS = [
    "\0",
    "a\0b",
    "\x01",
    "\x7f",
    "\x85",
    "a\nb",
    " ",
    "\u200b",
    "\u202e",
    "\ufeff",
    "\ufffe",
    "\uffff",
    "\U0010ffff",
    "%s%n",
    "' OR 1=1 --",
    "../../etc/passwd",
    "(",
    r"[\p{L}]{200}",
    "a*" * 400,
    "x" * 255,
    "x" * 256,
    "x" * 301,
    _EMOJI * 255,
    _EMOJI * 400,
    "x" * 5_000,
    "x" * 70_000,
]
NUMBERS = [0, 1, 2, 3, 17, 50, 1_000, 10_000, 10_001, 10**9, 10**9 + 1, 2**31 - 1, -1, -(2**31)]
LARGE_NUMBERS = [2**31, 2**53, 10**18 - 1, 10**18, 10**18 + 1, 2**63 - 2, 2**63 - 1, -(2**63), -(10**9)]
DOUBLES = [0.0, 0.5, 1.0, -0.0, 1.0000001, -1.0, 1e308, 5e-324, float("inf"), float("-inf"), float("nan")]
SECONDS = [
    0,
    1_700_000_000,
    -9_214_560_000,
    -9_214_560_001,
    9_214_646_399,
    9_214_646_400,
    9_223_372_036,
    253_402_300_799,
]
_MAX_DEPTH = 4


def text(random: Random) -> str:
    """Return a text."""
    kind = random.random()
    if kind < 0.55:
        return random.choice(NAMES)
    if kind < 0.75:
        return random.choice(PLAIN_TEXTS)
    if kind < 0.93:
        return random.choice(EDGE_TEXTS)
    return "".join(chr(random.choice([random.randrange(0x80), random.randrange(0xD800)])) for _ in range(30))


def message(random: Random, descriptor: Descriptor, depth: int = 0) -> Message:
    """Return a message of a type; most fields are left out at times."""
    made: Any = GetMessageClass(descriptor)()
    if descriptor.full_name == "google.protobuf.Timestamp":
        made.seconds, made.nanos = random.choice(SECONDS), random.choice([0, 1, 999_999_999, 10**9, -1])
    elif descriptor.full_name == "google.protobuf.Struct":
        _fill_struct(random, made)
    elif descriptor.full_name == "google.protobuf.Any" and random.random() < 0.8:
        made.Pack(message(random, random.choice(_watched()), depth + 1))
    else:
        for field in descriptor.fields:
            if random.random() < 0.6 and depth < _MAX_DEPTH:
                _set(random, made, field, depth)
    return made  # type: ignore[no-any-return]


@cache
def _watched() -> list[Descriptor]:
    """Return the requests of all streams."""
    files = (agent_service_pb2, backend_service_pb2, change_service_pb2)
    services = [service for file in files for service in file.DESCRIPTOR.services_by_name.values()]
    methods = [method for service in services for method in service.methods]
    return [method.input_type for method in methods if method.server_streaming]


def _fill_struct(random: Random, made: Any) -> None:
    """Fill a Struct; at times deeper than parsers go, or with numbers that JSON does not have."""
    for _ in range(random.randrange(4)):
        made[text(random)[:50]] = random.choice([None, True, random.choice(DOUBLES), text(random)])
    for _ in range(random.choice([0, 0, 0, 3, 40])):
        made = made.get_or_create_struct("a")


def _set(random: Random, made: Any, field: FieldDescriptor, depth: int) -> None:
    if field.message_type and field.message_type.GetOptions().map_entry:
        getattr(made, field.name).update({text(random)[:100]: text(random) for _ in range(random.choice([1, 2, 33]))})
    elif field.is_repeated:
        for _ in range(random.choice([0, 1, 2, 3, 101])):
            _append(random, made, field, depth)
    elif field.message_type:
        getattr(made, field.name).CopyFrom(message(random, field.message_type, depth + 1))
    else:
        setattr(made, field.name, scalar(random, field))


def _append(random: Random, made: Any, field: FieldDescriptor, depth: int) -> None:
    values = getattr(made, field.name)
    if field.message_type:
        values.add().CopyFrom(message(random, field.message_type, depth + 1))  # to append it would parse it
    else:
        values.append(scalar(random, field))


def scalar(random: Random, field: FieldDescriptor) -> Any:
    """Return a value of a field that is no message."""
    if field.type == FieldDescriptor.TYPE_STRING:
        return text(random) if field.name != "paths" or random.random() < 0.3 else random.choice(_PATHS)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return random.randbytes(random.choice([0, 1, 16, 64, 100, 3_000]))
    if field.type == FieldDescriptor.TYPE_BOOL:
        return random.random() < 0.5
    if field.type == FieldDescriptor.TYPE_DOUBLE:
        return random.choice(DOUBLES)
    if field.enum_type:
        return random.choice([*range(8), 99, -1, 2**31 - 1, -(2**31)])
    large = field.type == FieldDescriptor.TYPE_INT64
    return random.choice(NUMBERS + LARGE_NUMBERS if large else NUMBERS)


_PATHS = [
    "name",
    "progress",
    "status",
    "order",
    "build_number",
    "labels",
    "command",
    "metadata",
    "process_id",
    "id",
    "created_at",
]
