"""What models of a store are made of: tables are dictionaries of messages, and a write has an outcome."""

from collections.abc import Collection
from typing import Any, TypeVar

from google.protobuf.message import Message

M = TypeVar("M", bound=Message)
Outcome = str | bool
"""Why a write must be refused (an error reason), or whether it changes something."""


def copied(entity: M) -> M:
    """Return a message of its own."""
    return type(entity).FromString(entity.SerializeToString())


def added(table: dict[str, Any], key: str, entity: Message) -> bool:
    """Put a copy of the entity into the table, unless its key is taken."""
    if key in table:
        return False
    table[key] = copied(entity)
    return True


def sets(name: str, paths: Collection[str]) -> bool:
    """Return whether an update with this mask sets the field."""
    return not paths or name in paths


def changed(old: Message, new: Message, paths: Collection[str], fixed: Collection[str]) -> bool:
    """Take over the fields of the mask, or all that are not fixed; return whether that made a difference."""
    before = old.SerializeToString(deterministic=True)
    for field in old.DESCRIPTOR.fields:
        if field.name in fixed or not sets(field.name, paths):
            continue
        only = copied(new)
        for other in only.DESCRIPTOR.fields:
            if other.name != field.name:
                only.ClearField(other.name)
        old.ClearField(field.name)
        old.MergeFrom(only)
    return old.SerializeToString(deterministic=True) != before
