"""Lists of whole messages, without those whose rows are damaged: one of them must not take the others with it."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from google.protobuf.message import Message

from millstream_service.convert.shapes import Shape
from millstream_service.errors import StoreCorruptError
from millstream_service.store.engines.soundness import leave_out
from millstream_service.store.entities import rows

M = TypeVar("M", bound=Message)
T = TypeVar("T")


def readable(shape: Shape[M], found: Iterable[tuple[rows.Row, T]]) -> Iterator[tuple[M, T]]:
    """Yield rows as messages, each with what came with it. What is left out is in the service's log."""
    for row, beside in found:
        try:
            message = shape.to_message(row)
        except StoreCorruptError as error:
            leave_out(error)
        else:
            yield message, beside


def messages(shape: Shape[M], found: Iterable[rows.Row]) -> Iterator[M]:
    """Yield rows as messages, likewise."""
    return (message for message, _ in readable(shape, ((row, None) for row in found)))
