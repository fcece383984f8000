"""What a write does, and what waits with it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from millstream_service.store.history.changes import Change

T = TypeVar("T")
Command = Callable[[Connection], tuple[T, Sequence[Change]]]
"""What a write does: it returns its result and what it changed, or raises one of our errors.

It may be run more than once, of which one run is committed.
"""


@dataclass(slots=True)
class Task(Generic[T]):
    """A command, who waits for it, about how many bytes wait with it, and what came of it.

    `frees`: it makes room, and on a full disk gets some to do so (see `reserve`).
    """

    command: Command[T]
    future: "asyncio.Future[tuple[T, int]]"
    size: int
    frees: bool = False
    result: T | None = None
    error: BaseException | None = None
    changes: Sequence[Change] = field(default=())


Group = Sequence[Task[Any]]
"""Commands that are committed together."""
