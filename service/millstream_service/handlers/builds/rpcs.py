"""The rows of BackendService in the table of RPCs."""

from millstream_service.security.caller import Scope
from millstream_service.security.rpc_table import KIBIBYTE, MAX_REQUEST_BYTES, MEBIBYTE, Bounds, Domain

_DOMAIN = Domain("builds", Scope.BUILDS_READ, Scope.BUILDS_WRITE)
_OF_SCHEMES = Bounds(2 * MEBIBYTE, {"scheme_ids": 1_000})
RPCS = {
    "millstream.builds.v1.BackendService": {
        "CreateProject": _DOMAIN.write("projects", Bounds(4 * MEBIBYTE, {"schemes": 1_000})),
        "UpdateProject": _DOMAIN.write("projects"),
        "DeleteProject": _DOMAIN.write("projects"),
        "CreateScheme": _DOMAIN.write("schemes"),
        "UpdateScheme": _DOMAIN.write("schemes"),
        "DeleteScheme": _DOMAIN.write("schemes"),
        "CreateBuild": _DOMAIN.write("builds", Bounds(128 * KIBIBYTE)),
        "UpdateBuild": _DOMAIN.write("builds", Bounds(128 * KIBIBYTE)),
        "DeleteBuild": _DOMAIN.write("builds"),
        "CreateCrashLog": _DOMAIN.write("crash_logs", Bounds(4 * MEBIBYTE)),
        "UpdateCrashLog": _DOMAIN.write("crash_logs", Bounds(4 * MEBIBYTE)),
        "DeleteCrashLog": _DOMAIN.write("crash_logs"),
        "CreateBuildLog": _DOMAIN.write("build_logs", Bounds(2 * MEBIBYTE)),
        "AppendBuildLogs": _DOMAIN.write("build_logs", Bounds(MAX_REQUEST_BYTES, {"entries": 10_000})),
        "DeleteBuildLogs": _DOMAIN.write("build_logs"),
        "GetProject": _DOMAIN.read("projects"),
        "GetScheme": _DOMAIN.read("schemes"),
        "GetBuild": _DOMAIN.read("builds"),
        "GetBuildLog": _DOMAIN.read("build_logs"),
        "GetCrashLog": _DOMAIN.read("crash_logs"),
        "ListProjects": _DOMAIN.read("projects"),
        "ListSchemes": _DOMAIN.read("schemes"),
        "ListBuilds": _DOMAIN.read("builds", _OF_SCHEMES),
        "ListBuildLogs": _DOMAIN.read("build_logs"),
        "ListCrashLogs": _DOMAIN.read("crash_logs"),
        "SearchBuildLogs": _DOMAIN.read("build_logs"),
        "StreamAllProjectIds": _DOMAIN.read("projects"),
        "StreamProject": _DOMAIN.read("projects"),
        "StreamProjectVersionStrings": _DOMAIN.read("projects"),
        "StreamSchemeIds": _DOMAIN.read("schemes"),
        "StreamScheme": _DOMAIN.read("schemes"),
        "StreamBuildIds": _DOMAIN.read("builds", _OF_SCHEMES),
        "StreamBuild": _DOMAIN.read("builds"),
        "StreamLatestBuilds": _DOMAIN.read("builds"),
        "StreamBuildLogIds": _DOMAIN.read("build_logs"),
        "StreamBuildLog": _DOMAIN.read("build_logs"),
        "StreamCrashLogIds": _DOMAIN.read("crash_logs"),
        "StreamCrashLog": _DOMAIN.read("crash_logs"),
        "StreamProjectDetail": _DOMAIN.read("projects"),
        "StreamBuildVersionStrings": _DOMAIN.read("builds"),
        "TailBuildLogs": _DOMAIN.read("build_logs"),
    }
}
