"""The kinds of field that only builds have: a command, an exit code, labels."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from millstream.builds.v1.build_pb2 import BuildStatus
from millstream_service.convert.fields import characters, storable
from millstream_service.errors import ListTooLargeError, MessageTooLargeError, ValidationFailedError

ENDED = frozenset(
    {BuildStatus.BUILD_STATUS_COMPLETED, BuildStatus.BUILD_STATUS_FAILED, BuildStatus.BUILD_STATUS_CANCELLED}
)
"""The statuses of builds that have ended."""
MAX_ARGUMENTS = 1_024
MAX_COMMAND_BYTES = 32_768
MAX_LABELS = 32
_LABEL_KEY = re.compile(r"[a-z0-9._/-]{1,63}", re.ASCII)


@dataclass(frozen=True)
class Arguments:
    """A command: its program and what that is given. None where it has no arguments at all."""

    name: str

    def from_message(self, message: Any, path: str) -> list[str] | None:
        """Check each argument, and how many and large they are. Raises ListTooLargeError and MessageTooLargeError."""
        values = list(getattr(message, self.name))
        path += self.name
        if len(values) > MAX_ARGUMENTS:
            raise ListTooLargeError(path, MAX_ARGUMENTS)
        size = sum(len(value.encode()) for value in values)
        if size > MAX_COMMAND_BYTES:
            raise MessageTooLargeError(path, MAX_COMMAND_BYTES, size)
        return [storable(f"{path}[{index}]", value) for index, value in enumerate(values)] or None

    def to_message(self, value: Any, message: Any) -> None:
        """Set it, where there is one."""
        if value:
            getattr(message, self.name).extend(value)


@dataclass(frozen=True)
class OptionalNumber:
    """A number of 32 bits, or none."""

    name: str

    def from_message(self, message: Any, path: str) -> int | None:
        """Read it: any number is good."""
        return getattr(message, self.name) if message.HasField(self.name) else None

    def to_message(self, value: Any, message: Any) -> None:
        """Set it, where there is one."""
        if value is not None:
            setattr(message, self.name, value)


@dataclass(frozen=True)
class LabelMap:
    """Labels: short texts by name. None where there are none."""

    name: str

    def from_message(self, message: Any, path: str) -> dict[str, str] | None:
        """Check each."""
        return check_labels(path + self.name, getattr(message, self.name)) or None

    def to_message(self, value: Any, message: Any) -> None:
        """Set them, where there are some."""
        if value:
            getattr(message, self.name).update(value)


def check_labels(path: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Return labels, in the order of their names. Raises ValidationFailedError and ListTooLargeError."""
    if len(labels) > MAX_LABELS:
        raise ListTooLargeError(path, MAX_LABELS)
    return {key: _label(path, key, labels[key]) for key in sorted(labels)}


def _label(path: str, key: str, value: str) -> str:
    if not _LABEL_KEY.fullmatch(key):
        raise ValidationFailedError(path, f"{key[:64]!r} is not a name of 1 to 63 characters of a-z0-9._/-")
    here = f"{path}[{key}]"
    if value and not characters(here, value, 0, 255).isprintable():
        raise ValidationFailedError(here, "has characters that can't be printed")
    return value
