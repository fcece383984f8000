"""A stream under test: what came over the wire, held against what the model says for the revision that it carries.

The cycle: `open` -> `note` after each commit -> `settle` -> `check`, and `close` at any time, from where `open` goes
on with the token. Everything that came is checked, once:

- a value is the model's value at the revision that the message carries;
- revisions rise, and a value differs from the one before it;
- a call begins with the value now, or with `unchanged` where the client's token still stands, and with nothing else;
- `append` comes where a list only grew at its end, and only to those who asked for it.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from millstream.common.v1.position_pb2 import StreamOptions
from tests.deadline import until
from tests.recorder import Recorder


@dataclass(frozen=True)
class Subject:
    """What is watched, and how it is to be delivered. `ids`: the field of a list that `append` extends."""

    request: Any
    ids: str = ""
    append: bool = False
    min_interval: float = 0.0

    @property
    def rpc(self) -> str:
        name: str = self.request.DESCRIPTOR.name
        return name.removesuffix("Request")

    def asked(self, token: bytes) -> Any:
        """Return the request with its options."""
        options = StreamOptions(resume_token=token, append=self.append)
        if self.min_interval:
            options.min_interval.CopyFrom(Duration(nanos=int(self.min_interval * 1e9)))
        asked = type(self.request)()
        asked.CopyFrom(self.request)
        asked.options.CopyFrom(options)
        return asked


class Watched(ABC):
    """A client of one stream, whatever it is promised. `revision` is that of the last message."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.revision = 0
        self._recorder: Recorder[Any] | None = None
        self._checked = 0

    @property
    def is_open(self) -> bool:
        """Whether a call is under way, as far as the client knows."""
        return self._recorder is not None

    @abstractmethod
    def note(self, revision: int, model: Any) -> None:
        """Take note of what holds since a revision."""

    @abstractmethod
    def open(self, stub: object, *, resume: bool) -> None:
        """Begin a call, where the last one stood or from the start."""

    @abstractmethod
    async def settle(self) -> None:
        """Wait until all is there that must come, and check it."""

    @abstractmethod
    def check_message(self, message: Any) -> None:
        """Check a message; `_checked` says how many of the call came before it."""

    def _begin(self, call: Any) -> None:
        self._recorder = Recorder(call)
        self._recorder.start()
        self._checked = 0

    def check(self) -> None:
        """Check all that came since the last time."""
        assert self._recorder is not None
        for message in self._recorder.messages[self._checked :]:
            assert message.position.revision >= self.revision, "no client is sent back in time"
            self.check_message(message)
            self.revision = message.position.revision
            self._checked += 1

    async def close(self, *, check: bool = True) -> None:
        """End the call, and check all that came."""
        if self._recorder is not None:
            await self._recorder.close()
            if check:
                self.check()
            self._recorder = None

    async def ended(self, reason: str) -> None:
        """Wait until the service has ended the call, for this reason."""
        if self._recorder is not None:
            refusal = await self._recorder.end()
            assert refusal is not None, "a stream goes on until the client ends it"
            assert self.may_end(refusal.reason, reason), f"{refusal} came where {reason} should have"
            await self.close()

    def may_end(self, with_reason: str, expected: str) -> bool:
        """Return whether the service may end the call like this."""
        return with_reason == expected


class Watch(Watched):
    """A client of a stream of values. `history` is the model's: each value, and since which revision it is right."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.history: list[tuple[int, Message]] = []
        self.value: Message | None = None
        self.token = b""
        self._resumed_with: Message | None = None
        self._newest = self._opened_at = 0

    def note(self, revision: int, model: Any) -> None:
        """Take note of what must be shown since a revision."""
        expected: Callable[[Any], Message] = getattr(model, self.subject.rpc)
        value = expected(self.subject.request)
        self._newest = revision
        if not self.history or self.history[-1][1] != value:
            self.history.append((revision, value))

    def _at(self, revision: int) -> Message:
        return self.history[bisect_right(self.history, revision, key=itemgetter(0)) - 1][1]

    @property
    def _now(self) -> Message:
        return self.history[-1][1]

    def open(self, stub: object, *, resume: bool) -> None:
        """Begin a call, with the token of the last message or from the start."""
        self.token = self.token if resume else b""
        self._resumed_with = self.value if self.token else None
        self._opened_at = self._newest
        self._begin(getattr(stub, self.subject.rpc)(self.subject.asked(self.token)))

    async def settle(self) -> None:
        """Wait until the last value is there: it always arrives."""
        if self._recorder is None:
            return

        def settled() -> bool:
            self.check()
            assert self._recorder is not None
            assert not self._recorder.ended, f"{self.subject.rpc} ended: {self._recorder.refusal}"
            return self._checked > 0 and self.value == self._now

        await until(settled, f"{self.subject.rpc} shows {self._now}")

    def check_message(self, message: Any) -> None:
        """Check a value, or that the one that the client has still stands."""
        assert 0 < len(message.position.resume_token) <= 256
        self._check_first(message) if self._checked == 0 else self._check_next(message)
        self.token = message.position.resume_token

    def _check_first(self, message: Any) -> None:
        expected = self._at(message.position.revision)
        assert message.position.revision >= self._opened_at, "it stands as of all that was committed before the call"
        if message.position.unchanged:
            assert self._resumed_with is not None, "only a token can still stand"
            assert self._resumed_with == expected
            assert _without_position(message) == type(message)(), "with `unchanged` comes no value"
            return
        assert self._resumed_with != expected, "a token that still stands gets no value"
        self.value = self._assembled(message, self._resumed_with)
        assert self.value == expected, "a call begins with the value now"

    def _check_next(self, message: Any) -> None:
        assert not message.position.unchanged
        assert message.position.revision > self.revision, "each message has a commit of its own"
        before, self.value = self.value, self._assembled(message, self.value)
        assert self.value == self._at(message.position.revision)
        assert self.value != before, "the same value is not sent twice"

    def _assembled(self, message: Any, before: Message | None) -> Message:
        """Return the value, put together where the message has but the tail of a list."""
        value = _without_position(message)
        expected = self._at(message.position.revision)
        if self.subject.append and before is not None:
            old, new = list(getattr(before, self.subject.ids)), list(getattr(expected, self.subject.ids))
            grew = bool(old) and new[: len(old)] == old
            assert message.position.append or not grew, "a list that only grew is extended"
        if not message.position.append:
            return value
        assert self.subject.append, "only who asked for it is sent a tail"
        assert before is not None
        whole: Message = type(message)()
        getattr(whole, self.subject.ids).extend([*getattr(before, self.subject.ids), *getattr(value, self.subject.ids)])
        return whole


def _without_position(message: Message) -> Message:
    value = type(message)()
    value.CopyFrom(message)
    value.ClearField("position")
    return value
