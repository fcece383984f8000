"""Logs events of the session's instance, through times when the service is away.

Cycle: `keep` puts an event at the end of those that wait, `log` also sends them all, the oldest first; what can't be
sent now waits for the next `log`, or for `close`. One task sends at a time (`_sending`): events keep their order.

An event is kept as long as the service certainly did not store it. After a failure that leaves this open it is given
up: a gap in the log is better than a call that was never made.
"""

import logging
from collections import deque

import anyio

from millstream import AsyncClient
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.errors import MillstreamError
from millstream.transport.retry import Outcome, outcome

MAX_WAITING = 200
PATIENCE_SECONDS = 5.0
"""How long a call's answer waits for its event at most."""
CLOSING_SECONDS = 1.5
"""Clients kill a server that lives on for longer than about 2 s."""

_log = logging.getLogger(__name__)


class EventLog:
    """The way of events to the service: in order, at most once each."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._waiting: deque[McpEvent] = deque()
        self._sending = anyio.Lock()

    def keep(self, event: McpEvent) -> None:
        """Let the event wait, as when the service is known to be away. Past 200 the oldest is given up."""
        self._waiting.append(event)
        if len(self._waiting) > MAX_WAITING:
            self._give_up(self._waiting.popleft(), "too many events are waiting for the service")

    async def log(self, event: McpEvent) -> None:
        """Send the event, after those that wait, or let it wait. Never raises because of the service."""
        self.keep(event)
        await self._flush()

    async def close(self) -> None:
        """Send what waits, for as long as a client that has closed our stdin lets us live."""
        with anyio.move_on_after(CLOSING_SECONDS):
            while self._waiting:
                await self._flush()
        for event in self._waiting:
            self._give_up(event, "the service is away")

    async def _flush(self) -> None:
        async with self._sending:
            while self._waiting and await self._send(self._waiting[0]):
                pass

    async def _send(self, event: McpEvent) -> bool:
        """Send the oldest event and let go of it, one way or another. Returns False where it has to wait."""
        try:
            await self._client.agents.log_mcp_event(event, timeout=PATIENCE_SECONDS)
        except MillstreamError as error:
            if outcome(error) is Outcome.REFUSED:
                return False
            self._give_up(event, str(error))
        self._drop(event)
        return True

    def _drop(self, event: McpEvent) -> None:
        if self._waiting and self._waiting[0] is event:  # it may have been given up meanwhile, being the oldest
            self._waiting.popleft()

    def _give_up(self, event: McpEvent, why: str) -> None:
        _log.warning("the call of %s was not recorded: %s", event.tool_name, why)
