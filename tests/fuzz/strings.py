"""Every place of a message where there may be a text, found by its descriptor."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

_MAX_DEPTH = 4
_TEXTS = (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES)


@dataclass(frozen=True)
class Place:
    """The fields that lead to a text; `key`: it is the key of a map that the last of them names."""

    fields: tuple[FieldDescriptor, ...]
    key: bool = False

    @property
    def path(self) -> str:
        """The names of the fields."""
        return ".".join(field.name for field in self.fields) + (" (key)" if self.key else "")

    def put(self, message: Any, text: str) -> None:
        """Set the text there: in the first element of a list, under a key of a map."""
        for field in self.fields[:-1]:
            message = _into(message, field)
        last = self.fields[-1]
        value: Any = text.encode() if last.type == FieldDescriptor.TYPE_BYTES else text
        if _is_map(last):
            _put_in_map(getattr(message, last.name), last, text, key=self.key)
        elif last.is_repeated:
            getattr(message, last.name)[:] = [value, *getattr(message, last.name)[1:]]
        else:
            setattr(message, last.name, value)


def _is_map(field: FieldDescriptor) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


def _put_in_map(found: Any, field: FieldDescriptor, text: str, *, key: bool) -> None:
    value = field.message_type.fields_by_name["value"] if field.message_type else None
    name = text if key else "key"
    if value is not None and value.message_type:
        found[name].SetInParent()
    else:
        found[name] = "value" if key else text


def _into(message: Any, field: FieldDescriptor) -> Any:
    inner = getattr(message, field.name)
    if not field.is_repeated:
        return inner
    return inner[0] if len(inner) else inner.add()


def places(message: Any) -> Iterator[Place]:
    """Yield every place in messages of this one's type."""
    yield from _places(message.DESCRIPTOR, ())


def _places(descriptor: Descriptor, outer: tuple[FieldDescriptor, ...]) -> Iterator[Place]:
    for field in descriptor.fields:
        path = (*outer, field)
        if _is_map(field):
            yield Place(path, key=True)
            value = field.message_type.fields_by_name["value"] if field.message_type else None
            if value is not None and not value.message_type:
                yield Place(path)
        elif field.type in _TEXTS:
            yield Place(path)
        elif field.message_type and len(path) < _MAX_DEPTH:
            yield from _places(field.message_type, path)
