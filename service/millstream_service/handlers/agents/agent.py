"""AgentService, whole: the RPCs of its five nouns."""

from millstream_service.handlers.agents.config import ConfigCalls
from millstream_service.handlers.agents.github_issues import GitHubIssueCalls
from millstream_service.handlers.agents.instances import InstanceCalls
from millstream_service.handlers.agents.mcp_events import McpEventCalls
from millstream_service.handlers.agents.relationships import RelationshipCalls


class Agents(InstanceCalls, McpEventCalls, RelationshipCalls, GitHubIssueCalls, ConfigCalls):
    """See protos/millstream/agents/v1/agent_service.proto."""
