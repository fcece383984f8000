"""A tail of events under test: every event, in the order of their ids, once, even if readers reconnect.

The cycle is that of `watches`. Everything that came is checked, once:

- an event is as it was logged, and is of the instance that was asked for, at a revision that has it;
- ids rise; what is stored, and behind where the tail began, has come;
- a tail of one instance ends with INSTANCE_NOT_FOUND once that is deleted, and not otherwise.
"""

from typing import Any

from millstream.agents.v1.agent_service_pb2 import StreamMcpEventsResponse
from tests.deadline import until
from tests.reactive.agents_model import AgentsModel
from tests.reactive.watches import Subject, Watched


class EventTail(Watched):
    """A client of StreamMcpEvents. `last_id` is where it would go on."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.last_id = 0
        self._instance_id = subject.request.instance_id
        self._model: AgentsModel
        self._logged_at: dict[int, int] = {}
        self._was_deleted = False

    def note(self, revision: int, model: AgentsModel) -> None:
        """Take note of what was logged at a revision, and whether the instance is there."""
        self._model = model
        for number in model.logged.keys() - self._logged_at.keys():
            self._logged_at[number] = revision
        self._was_deleted |= not self._has_subject

    @property
    def _has_subject(self) -> bool:
        return not self._instance_id or self._instance_id in self._model.instances

    def open(self, stub: Any, *, resume: bool) -> None:
        """Begin a call, behind the last event or from the start."""
        request = self.subject.asked(b"")
        self.last_id = self.last_id if resume else request.after_id
        request.after_id = self.last_id
        self._was_deleted = not self._has_subject
        self._begin(stub.StreamMcpEvents(request))

    def may_end(self, with_reason: str, expected: str) -> bool:
        """Return whether it is this reason, or the instance was deleted before."""
        return with_reason == expected or (self._was_deleted and with_reason == "INSTANCE_NOT_FOUND")

    async def settle(self) -> None:
        """Wait until every event is there, or until the end where the instance is gone."""
        recorder = self._recorder
        if recorder is None:
            return

        def settled() -> bool:
            self.check()
            return recorder.ended or (self._has_subject and not self._missing())

        await until(settled, f"event {self._missing()} came, or the end")
        if recorder.ended:
            assert self._was_deleted, f"a tail goes on until the client ends it: {recorder.refusal}"
            await self.ended("INSTANCE_NOT_FOUND")

    def _missing(self) -> list[int]:
        """Return the stored events that have still to come."""
        return [number for number, one in self._model.events.items() if number > self.last_id and self._is_mine(one)]

    def _is_mine(self, event: Any) -> bool:
        return self._instance_id in ("", event.instance_id)

    def check_message(self, message: StreamMcpEventsResponse) -> None:
        """Check some events."""
        assert not message.position.resume_token, "a tail goes on behind an id, not with a token"
        assert message.mcp_events, "a message has something new"
        missing = [number for number in self._missing() if number <= message.last_id]
        for event in message.mcp_events:
            assert event == self._model.logged[event.id]
            assert self._is_mine(event)
            assert event.id > self.last_id, "each event comes once, in the order of their ids"
            assert self._logged_at[event.id] <= message.position.revision
            self.last_id = event.id
        assert set(missing) <= {event.id for event in message.mcp_events}, "no event is left out"
        assert message.last_id >= self.last_id
        self.last_id = message.last_id
