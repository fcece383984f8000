"""What a store holds before it is fuzzed, so that not every request is about what is not there."""

from millstream.agents.v1 import agent_service_pb2 as agents_pb
from millstream.builds.v1 import backend_service_pb2 as pb
from tests.entities import DEBUG, add_build, append, crash_log, entry, project, scheme
from tests.handlers.agents import entities as agents_entities
from tests.stubs import Agents, Backend


async def fill(stub: Backend, agents: Agents) -> None:
    """Store some of everything, under the names that `values` knows."""
    await add_build(stub)
    await append(stub, [entry("one"), entry("two", level=DEBUG, category="stdout")])
    await stub.CreateScheme(pb.CreateSchemeRequest(scheme=scheme("release")))
    await stub.CreateCrashLog(pb.CreateCrashLogRequest(crash_log=crash_log()))
    await stub.CreateProject(pb.CreateProjectRequest(project=project("sentinel")))
    await agents_entities.create(agents, *(agents_entities.instance(key) for key in ("parent", "child", "work-1-a1")))
    await agents_entities.relate(agents, agents_entities.relationship())
    await agents_entities.log(agents, agents_entities.event("parent"))
    await agents.UpsertGitHubIssue(agents_pb.UpsertGitHubIssueRequest(github_issue=agents_entities.issue()))
    await agents.SetConfig(agents_pb.SetConfigRequest(key="key", value="value"))
