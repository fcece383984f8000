"""All calls about coding agents."""

from millstream.agents.reads import AsyncAgentReads
from millstream.agents.watches import AsyncAgentWatches
from millstream.agents.writes import AsyncAgentWrites
from millstream.streams.watch import Watches
from millstream.transport.connection import Connection


class AsyncAgents(AsyncAgentWrites, AsyncAgentReads, AsyncAgentWatches):
    """The calls of AgentService: instances, what they did, how they are related, issues and settings."""

    def __init__(self, connection: Connection, watches: Watches) -> None:
        self._connection = connection
        self._watches = watches
