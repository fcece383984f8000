"""What each task of the service fails with in these tests. A task without a row here fails tests/architecture."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from millstream_service.collector import Collector
from millstream_service.reactive.commits import Commits
from millstream_service.reactive.rounds import Rounds
from millstream_service.rpc.calls import Calls
from millstream_service.rpc.listening import Listening
from millstream_service.store.database.file_guard import FileGuard
from millstream_service.store.database.lanes import Lane
from millstream_service.store.engines import sqlite
from millstream_service.store.entities.purging import Purger
from millstream_service.store.logs.retention import Retention
from millstream_service.store.writing import space


@dataclass(frozen=True)
class Fault:
    """A function that a task calls in each of its rounds, and that fails where its first argument is `of` the task."""

    task: str
    owner: Any
    function: str
    of: Callable[..., bool] = lambda *_: True


FAULTS = (
    *(
        Fault(f"reads-{lane.value}", Rounds, "_results", lambda rounds, *_, lane=lane: rounds._lane is lane)
        for lane in (Lane.WATCHED, Lane.FIRST, Lane.LONG_FIRST)
    ),
    Fault("watch", sqlite._Polling, "wait"),
    Fault("catch-up", Commits, "_read_on_or_skip"),
    Fault("merger", space, "release"),
    Fault("purger", Purger, "_round"),
    Fault("retention", Retention, "_round"),
    Fault("file", FileGuard, "_look"),
    Fault("sweeper", Calls, "_end_late"),
    Fault("collector", Collector, "_collect"),
    Fault("socket", Listening, "_take_later"),
)


class Planted:
    """A function that fails so many times, from the first call after `armed` on, and then does what it did before."""

    def __init__(self, function: Callable[..., Any], of: Callable[..., bool], times: float) -> None:
        self._function = function
        self._of = of
        self.left = times
        self.armed = False
        self.calls = 0
        """Those since the last failure."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if not self._of(*arguments):
            return self._function(*arguments, **named)
        if self.armed and self.left:
            self.left -= 1
            self.calls = 0
            raise RuntimeError("planted")
        self.calls += 1
        return self._function(*arguments, **named)


def plant(patch: pytest.MonkeyPatch, fault: Fault, times: float) -> Planted:
    """Have a task's function fail, once it is `armed`."""
    planted = Planted(getattr(fault.owner, fault.function), fault.of, times)

    def call(*arguments: Any, **named: Any) -> Any:  # a function, so that it is bound where it is a method
        return planted(*arguments, **named)

    patch.setattr(fault.owner, fault.function, call)
    return planted
