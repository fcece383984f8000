"""The rows of AgentService in the table of RPCs."""

from millstream_service.security.caller import Scope
from millstream_service.security.rpc_table import KIBIBYTE, MAX_REQUEST_BYTES, Bounds, Domain

_DOMAIN = Domain("agents", Scope.AGENTS_READ, Scope.AGENTS_WRITE)
_OF_ISSUES = Bounds(MAX_REQUEST_BYTES, {"github_issues": 1_000, "github_issues.labels": 100_000})
RPCS = {
    "millstream.agents.v1.AgentService": {
        "CreateInstance": _DOMAIN.write("instances", Bounds(384 * KIBIBYTE)),
        "UpdateInstance": _DOMAIN.write("instances", Bounds(384 * KIBIBYTE)),
        "UpdateInstanceStatus": _DOMAIN.write("instances"),
        "GetInstance": _DOMAIN.read("instances"),
        "ListInstances": _DOMAIN.read("instances"),
        "DeleteInstance": _DOMAIN.write("instances"),
        "LogMcpEvent": _DOMAIN.write("mcp_events", Bounds(384 * KIBIBYTE)),
        "AppendMcpEvents": _DOMAIN.write("mcp_events", Bounds(MAX_REQUEST_BYTES, {"events": 1_000})),
        "ListMcpEvents": _DOMAIN.read("mcp_events"),
        "ListRecentMcpEvents": _DOMAIN.read("mcp_events"),
        "CreateRelationship": _DOMAIN.write("relationships", Bounds(384 * KIBIBYTE)),
        "ListRelationships": _DOMAIN.read("relationships"),
        "UpdateRelationship": _DOMAIN.write("relationships", Bounds(384 * KIBIBYTE)),
        "UpsertGitHubIssue": _DOMAIN.write("github_issues", Bounds(512 * KIBIBYTE)),
        "GetGitHubIssue": _DOMAIN.read("github_issues"),
        "SyncGitHubIssues": _DOMAIN.write("github_issues", _OF_ISSUES),
        "GetConfig": _DOMAIN.read_secret("config_entries"),
        "SetConfig": _DOMAIN.write("config_entries", Bounds(128 * KIBIBYTE)),
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
