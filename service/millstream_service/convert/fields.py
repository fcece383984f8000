"""The kinds of field: what each may hold, and how it is stored.

A field reads itself from a message into a column's value (`from_message`, raising ValidationFailedError with its
path), and sets itself on a message from a column's value (`to_message`).
"""

from dataclasses import dataclass
from typing import Any, Protocol

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from millstream_service.convert.structs import not_finite
from millstream_service.errors import ListTooLargeError, MessageTooLargeError, ValidationFailedError
from millstream_service.names import MAX_NUMBER

NANOSECONDS = 10**9
_TIMES = range(-9_214_560_000 * NANOSECONDS, 9_214_646_400 * NANOSECONDS)
"""The years 1678 to 2261: what 64 bits can tell in nanoseconds, but for some months at either end."""


class Field(Protocol):
    """One field of a message, one column of a table, of the same name."""

    @property
    def name(self) -> str:
        """The name of both."""

    def from_message(self, message: Any, path: str) -> Any:
        """Return the column's value. `path` goes before the name in errors."""

    def to_message(self, value: Any, message: Any) -> None:
        """Set the field."""


def characters(path: str, value: str, least: int, most: int) -> str:
    """Return a text of `least` to `most` characters. Raises ValidationFailedError."""
    if not least <= len(value) <= most:
        said = "must not be empty" if not value else f"has {len(value)} characters, {least} to {most} are allowed"
        raise ValidationFailedError(path, said)
    return value


def storable(path: str, value: str) -> str:
    """Return a text that every engine can store: PostgreSQL's have no U+0000. Raises ValidationFailedError."""
    if "\0" in value:
        raise ValidationFailedError(path, "has a NUL character (U+0000)")
    return value


def number(path: str, value: float, least: float = 0, most: float = MAX_NUMBER) -> float:
    """Return a number of `least` to `most`. Raises ValidationFailedError, also for NaN."""
    if not least <= value <= most:
        raise ValidationFailedError(path, f"is {value}, must be {least:,} to {most:,}")
    return value


def identifier(path: str, value: str, least: int = 1, most: int = 255) -> str:
    """Return an id: at most 255 characters, none of them a control character. Raises ValidationFailedError."""
    characters(path, value, least, most)
    if not value.isprintable():
        raise ValidationFailedError(path, "has characters that can't be printed")
    return value


def known(path: str, kind: EnumTypeWrapper, number: int) -> int:
    """Return the number of an enum's value. Raises ValidationFailedError for one that the enum does not have."""
    if number not in kind.DESCRIPTOR.values_by_number:
        raise ValidationFailedError(path, f"{number} is not a value of {kind.DESCRIPTOR.name}")
    return number


def nanoseconds(path: str, time: Timestamp) -> int:
    """Return a time as nanoseconds since 1970. Raises ValidationFailedError outside of 1678 to 2261."""
    value = time.seconds * NANOSECONDS + time.nanos
    if not (0 <= time.nanos < NANOSECONDS and value in _TIMES):
        raise ValidationFailedError(path, "is not a time between the years 1678 and 2261")
    return value


@dataclass(frozen=True)
class Text:
    """A text of `least` to `most` characters."""

    name: str
    most: int = 255
    least: int = 0

    def from_message(self, message: Any, path: str) -> str:
        """Check the length, and that it has no NUL."""
        path += self.name
        return storable(path, characters(path, getattr(message, self.name), self.least, self.most))

    def to_message(self, value: Any, message: Any) -> None:
        """Set it."""
        setattr(message, self.name, value)


@dataclass(frozen=True)
class LongText(Text):
    """A text whose size is counted in bytes of UTF-8, not in characters."""

    def from_message(self, message: Any, path: str) -> str:
        """Check the size, and that it has no NUL. Raises MessageTooLargeError and ValidationFailedError."""
        value: str = getattr(message, self.name)
        if len(value) * 4 > self.most and (size := len(value.encode())) > self.most:
            raise MessageTooLargeError(path + self.name, self.most, size)
        return storable(path + self.name, value)


@dataclass(frozen=True)
class Id(Text):
    """An id: printable, at most 255 characters. `least` 0: it may be left to the service to make one."""

    least: int = 1

    def from_message(self, message: Any, path: str) -> str:
        """Check it."""
        return identifier(path + self.name, getattr(message, self.name), self.least)


@dataclass(frozen=True)
class Number:
    """A number, `least` to `most`. Not a number (NaN) is refused."""

    name: str
    least: float = 0
    most: float = MAX_NUMBER

    def from_message(self, message: Any, path: str) -> float:
        """Check the range."""
        return number(path + self.name, getattr(message, self.name), self.least, self.most)

    def to_message(self, value: Any, message: Any) -> None:
        """Set it."""
        setattr(message, self.name, value)


@dataclass(frozen=True)
class Flag:
    """True or false."""

    name: str

    def from_message(self, message: Any, path: str) -> bool:
        """Read it."""
        return bool(getattr(message, self.name))

    def to_message(self, value: Any, message: Any) -> None:
        """Set it."""
        setattr(message, self.name, value)


@dataclass(frozen=True)
class Choice:
    """A value of an enum. `default` stands in where it is unspecified."""

    name: str
    kind: EnumTypeWrapper
    default: int = 0

    def from_message(self, message: Any, path: str) -> int:
        """Check that the enum has it."""
        return known(path + self.name, self.kind, getattr(message, self.name)) or self.default

    def to_message(self, value: Any, message: Any) -> None:
        """Set it."""
        setattr(message, self.name, value)


@dataclass(frozen=True)
class Choices:
    """Values of an enum, each at most once, none of them unspecified."""

    name: str
    kind: EnumTypeWrapper

    def from_message(self, message: Any, path: str) -> list[int]:
        """Check each."""
        values = list(getattr(message, self.name))
        if not values:
            return values
        if len(values) > len(self.kind.DESCRIPTOR.values):
            raise ListTooLargeError(path + self.name, len(self.kind.DESCRIPTOR.values))
        for index, value in enumerate(values):
            here = f"{path}{self.name}[{index}]"
            if known(here, self.kind, value) == 0:
                raise ValidationFailedError(here, "must not be unspecified")
            if value in values[:index]:
                raise ValidationFailedError(here, "occurs twice")
        return values

    def to_message(self, value: Any, message: Any) -> None:
        """Set them."""
        getattr(message, self.name).extend(value)


@dataclass(frozen=True)
class Time:
    """A time, or none."""

    name: str

    def from_message(self, message: Any, path: str) -> int | None:
        """Check the range."""
        return nanoseconds(path + self.name, getattr(message, self.name)) if message.HasField(self.name) else None

    def to_message(self, value: Any, message: Any) -> None:
        """Set it, where there is one."""
        if value is not None:
            time = getattr(message, self.name)
            time.seconds, time.nanos = divmod(value, NANOSECONDS)
            time.SetInParent()


@dataclass(frozen=True)
class Reference:
    """The id of something else, or none."""

    name: str

    def from_message(self, message: Any, path: str) -> str | None:
        """Check it."""
        return identifier(path + self.name, getattr(message, self.name), 0) or None

    def to_message(self, value: Any, message: Any) -> None:
        """Set it, where there is one."""
        setattr(message, self.name, value or "")


@dataclass(frozen=True)
class Texts:
    """At most so many texts of at most 255 characters."""

    name: str
    most: int

    def from_message(self, message: Any, path: str) -> list[str]:
        """Check each. Raises ListTooLargeError."""
        values = list(getattr(message, self.name))
        if len(values) > self.most:
            raise ListTooLargeError(path + self.name, self.most)
        paths = [f"{path}{self.name}[{index}]" for index in range(len(values))]
        return [storable(at, characters(at, value, 0, 255)) for at, value in zip(paths, values, strict=True)]

    def to_message(self, value: Any, message: Any) -> None:
        """Set them."""
        getattr(message, self.name).extend(value)


@dataclass(frozen=True)
class Structure:
    """A Struct, or none; stored serialized."""

    name: str
    max_bytes: int

    def from_message(self, message: Any, path: str) -> bytes | None:
        """Check its size, and its numbers. Raises MessageTooLargeError and ValidationFailedError."""
        if not message.HasField(self.name):
            return None
        inner = getattr(message, self.name)
        data: bytes = inner.SerializeToString(deterministic=True)
        if len(data) > self.max_bytes:
            raise MessageTooLargeError(path + self.name, self.max_bytes, len(data))
        if (place := not_finite(inner, data)) is not None:
            raise ValidationFailedError(f"{path}{self.name}{place}", "is a number that JSON does not have")
        return data

    def to_message(self, value: Any, message: Any) -> None:
        """Set it, where there is one. Raises ValueError where it can't be read."""
        if value is not None:
            inner = getattr(message, self.name)
            try:
                inner.ParseFromString(value)
            except DecodeError as error:
                raise ValueError("these bytes are not a message") from error
            if not_finite(inner, value) is not None:
                raise ValueError("there is a number that JSON does not have")
            inner.SetInParent()
