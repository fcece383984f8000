"""The rows of AgentService in the table of RPCs."""

from millstream_service.security.caller import Scope
from millstream_service.security.rpc_table import Domain

_DOMAIN = Domain("agents", Scope.AGENTS_READ, Scope.AGENTS_WRITE)
RPCS = {
    "millstream.agents.v1.AgentService": {
        "CreateInstance": _DOMAIN.write("instances"),
        "UpdateInstance": _DOMAIN.write("instances"),
        "UpdateInstanceStatus": _DOMAIN.write("instances"),
        "GetInstance": _DOMAIN.read("instances"),
        "ListInstances": _DOMAIN.read("instances"),
        "DeleteInstance": _DOMAIN.write("instances"),
        "LogMcpEvent": _DOMAIN.write("mcp_events"),
        "ListMcpEvents": _DOMAIN.read("mcp_events"),
        "ListRecentMcpEvents": _DOMAIN.read("mcp_events"),
        "CreateRelationship": _DOMAIN.write("relationships"),
        "ListRelationships": _DOMAIN.read("relationships"),
        "UpdateRelationship": _DOMAIN.write("relationships"),
        "UpsertGitHubIssue": _DOMAIN.write("github_issues"),
        "GetGitHubIssue": _DOMAIN.read("github_issues"),
        "SyncGitHubIssues": _DOMAIN.write("github_issues"),
        "GetConfig": _DOMAIN.read_secret("config_entries"),
        "SetConfig": _DOMAIN.write("config_entries"),
        "DeleteConfig": _DOMAIN.write("config_entries"),
        "ListConfig": _DOMAIN.read("config_entries"),
        "StreamInstances": _DOMAIN.read("instances"),
        "StreamInstance": _DOMAIN.read("instances"),
        "StreamMcpEvents": _DOMAIN.read("mcp_events"),
        "StreamRelationships": _DOMAIN.read("relationships"),
        "StreamGitHubIssues": _DOMAIN.read("github_issues"),
        "StreamConfig": _DOMAIN.read("config_entries"),
    }
}
