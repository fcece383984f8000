"""The rows of BackendService in the table of RPCs."""

from millstream_service.security.caller import Scope
from millstream_service.security.rpc_table import Domain

_DOMAIN = Domain("builds", Scope.BUILDS_READ, Scope.BUILDS_WRITE)
RPCS = {
    "millstream.builds.v1.BackendService": {
        "CreateProject": _DOMAIN.write("projects"),
        "UpdateProject": _DOMAIN.write("projects"),
        "DeleteProject": _DOMAIN.write("projects"),
        "CreateScheme": _DOMAIN.write("schemes"),
        "UpdateScheme": _DOMAIN.write("schemes"),
        "DeleteScheme": _DOMAIN.write("schemes"),
        "CreateBuild": _DOMAIN.write("builds"),
        "UpdateBuild": _DOMAIN.write("builds"),
        "DeleteBuild": _DOMAIN.write("builds"),
        "CreateCrashLog": _DOMAIN.write("crash_logs"),
        "UpdateCrashLog": _DOMAIN.write("crash_logs"),
        "DeleteCrashLog": _DOMAIN.write("crash_logs"),
        "CreateBuildLog": _DOMAIN.write("build_logs"),
        "AppendBuildLogs": _DOMAIN.write("build_logs"),
        "DeleteBuildLogs": _DOMAIN.write("build_logs"),
        "GetProject": _DOMAIN.read("projects"),
        "GetScheme": _DOMAIN.read("schemes"),
        "GetBuild": _DOMAIN.read("builds"),
        "GetBuildLog": _DOMAIN.read("build_logs"),
        "GetCrashLog": _DOMAIN.read("crash_logs"),
        "ListProjects": _DOMAIN.read("projects"),
        "ListSchemes": _DOMAIN.read("schemes"),
        "ListBuilds": _DOMAIN.read("builds"),
        "ListBuildLogs": _DOMAIN.read("build_logs"),
        "ListCrashLogs": _DOMAIN.read("crash_logs"),
        "SearchBuildLogs": _DOMAIN.read("build_logs"),
        "StreamAllProjectIds": _DOMAIN.read("projects"),
        "StreamProject": _DOMAIN.read("projects"),
        "StreamProjectVersionStrings": _DOMAIN.read("projects"),
        "StreamSchemeIds": _DOMAIN.read("schemes"),
        "StreamScheme": _DOMAIN.read("schemes"),
        "StreamBuildIds": _DOMAIN.read("builds"),
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
