"""A message and its row as a whole: between the two, and what is checked on the way in."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message

from millstream_service.convert.fields import Field, Structure
from millstream_service.errors import InvalidUpdateMaskError, StoreCorruptError

M = TypeVar("M", bound=Message)
Check = Callable[[Mapping[str, Any], str], None]


def _accept(_row: Mapping[str, Any], _prefix: str) -> None:
    pass


@dataclass(frozen=True)
class Shape(Generic[M]):
    """A message and its row: the path that errors begin with, the table, the fields, and which of them never change.

    `check` looks at what the fields of a row say together; it takes the row and what goes before a name in errors, and
    raises ValidationFailedError. `new_id` makes ids for those that come without.
    """

    make: Callable[[], M]
    path: str
    table: str
    fields: tuple[Field, ...]
    fixed: frozenset[str]
    check: Check = _accept
    new_id: Callable[[], str] | None = None

    @property
    def may_be_unreadable(self) -> bool:
        """Whether a row that the store takes for a good one may still not make a message."""
        return any(isinstance(field, Structure) for field in self.fields)

    def to_message(self, row: Any) -> M:
        """Return a row as a message. Raises StoreCorruptError."""
        message = self.make()
        for field in self.fields:
            try:
                field.to_message(row[field.name], message)
            except (ValueError, TypeError) as error:
                raise self._damage_error(row, field) from error
        return message

    def _damage_error(self, row: Any, field: Field) -> StoreCorruptError:
        """Return the error for a value that the store took for a good one."""
        key = row["id"] if "id" in row else row[self.fields[0].name]
        return StoreCorruptError.of_row(self.table, str(key), f"{field.name} can't be read")

    def from_message(self, message: M, path: str | None = None) -> dict[str, Any]:
        """Return a message as a row. Raises ValidationFailedError with the path of the field at fault."""
        prefix = f"{self.path if path is None else path}."
        return {field.name: field.from_message(message, prefix) for field in self.fields}

    def check_changed(self, row: Mapping[str, Any]) -> None:
        """Check a row that an update is about to store. Raises ValidationFailedError."""
        self.check(row, f"{self.path}.")


def readers(*shapes: Shape[Any]) -> dict[str, Callable[[Mapping[str, Any]], object]]:
    """Return by their tables what makes messages of rows. Raises StoreCorruptError."""
    return {shape.table: shape.to_message for shape in shapes}


def new_row(shape: Shape[M], message: M, path: str | None = None) -> dict[str, Any]:
    """Return the row for a message to be created: with an id and a time of creation where it has none."""
    row = shape.from_message(message, path)
    if shape.new_id is not None and not row["id"]:
        row["id"] = shape.new_id()
    if row.get("created_at", 0) is None:
        row["created_at"] = time.time_ns()
    shape.check(row, f"{path or shape.path}.")
    return row


def changed_columns(shape: Shape[M], message: M, paths: Sequence[str]) -> dict[str, Any]:
    """Return the columns that an update sets: those of the mask, or all that may change where it is empty.

    Raises InvalidUpdateMaskError and ValidationFailedError.
    """
    names = {field.name for field in shape.fields}
    for path in paths:
        if path not in names:
            raise InvalidUpdateMaskError(path, "is not a field")
        if path in shape.fixed:
            raise InvalidUpdateMaskError(path, "never changes")
    chosen = set(paths) or names - shape.fixed
    prefix = f"{shape.path}."
    return {field.name: field.from_message(message, prefix) for field in shape.fields if field.name in chosen}
