"""Projects: with their first schemes in one transaction."""

from typing import Any

import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from tests.entities import at, project, revision, scheme
from tests.handlers.kinds import on_all
from tests.recorder import Recorder
from tests.refusal import refused
from tests.stubs import Backend


@on_all
async def test_a_project_comes_with_its_schemes_in_one_commit(stub: Backend) -> None:
    schemes = [scheme("debug", project_id=""), scheme("release", order=-1), scheme("", name="third", order=1)]
    before = await revision(stub)
    answer = await stub.CreateProject(pb.CreateProjectRequest(project=project(), schemes=schemes))
    assert answer.revision == before + 1
    assert [one.name for one in answer.schemes] == ["debug", "release", "third"], "in the order of the request"
    assert {one.project_bundle_identifier for one in answer.schemes} == {"app"}
    assert len(answer.schemes[2].id) == 36
    listed = await stub.ListSchemes(pb.ListSchemesRequest(project_id="app"))
    assert [one.name for one in listed.schemes] == ["release", "debug", "third"], "by their order"


async def test_a_scheme_that_is_taken_leaves_neither_project_nor_schemes(stub: Backend) -> None:
    await stub.CreateProject(pb.CreateProjectRequest(project=project("first"), schemes=[scheme("taken", "first")]))
    before = await revision(stub)
    for schemes in ([scheme("new"), scheme("taken")], [scheme("twice"), scheme("twice")]):
        request = pb.CreateProjectRequest(project=project(), schemes=schemes)
        refusal = await refused(stub.CreateProject(request))
        assert (refusal.reason, refusal.metadata) == ("SCHEME_EXISTS", {"id": schemes[1].id})
    assert await revision(stub) == before
    assert (await refused(stub.GetProject(pb.GetProjectRequest(id="app")))).reason == "PROJECT_NOT_FOUND"
    assert (await refused(stub.GetScheme(pb.GetSchemeRequest(id="new")))).reason == "SCHEME_NOT_FOUND"


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"name": ""}, "name"),
        ({"project_bundle_identifier": "other"}, "project_bundle_identifier"),
        ({"platforms": [99]}, "platforms[0]"),
        ({"id": "a\nb"}, "id"),
    ],
)
async def test_a_scheme_at_fault_is_named_by_its_place(stub: Backend, bad: dict[str, Any], field: str) -> None:
    request = pb.CreateProjectRequest(project=project(), schemes=[scheme("fine"), scheme("bad", **bad)])
    refusal = await refused(stub.CreateProject(request))
    assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", (f"schemes[1].{field}",))


async def test_a_thousand_schemes_are_the_most(stub: Backend) -> None:
    schemes = [scheme(f"scheme-{number}") for number in range(1_001)]
    refusal = await refused(stub.CreateProject(pb.CreateProjectRequest(project=project(), schemes=schemes)))
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "LIST_TOO_LARGE")
    assert (refusal.metadata, refusal.fields) == ({"field": "schemes", "limit": "1000"}, ("schemes",))
    answer = await stub.CreateProject(pb.CreateProjectRequest(project=project(), schemes=schemes[:1_000]))
    assert len(answer.schemes) == 1_000


async def test_projects_are_listed_newest_first(stub: Backend) -> None:
    for key, age in (("old", 1), ("tie-a", 2), ("tie-b", 2), ("new", 3)):
        await stub.CreateProject(pb.CreateProjectRequest(project=project(key, created_at=at(age))))
    listed = await stub.ListProjects(pb.ListProjectsRequest())
    assert [one.bundle_identifier for one in listed.projects] == ["new", "tie-b", "tie-a", "old"]
    assert listed.projects[0] == project("new", created_at=at(3))


async def test_the_streams_of_a_project_that_is_not_there_say_so_and_go_on(stub: Backend) -> None:
    async with (
        Recorder[pb.StreamProjectResponse](stub.StreamProject(pb.StreamProjectRequest(id="app"))) as one,
        Recorder[pb.StreamProjectDetailResponse](
            stub.StreamProjectDetail(pb.StreamProjectDetailRequest(id="app"))
        ) as detail,
    ):
        assert not (await one.next()).HasField("project")
        assert not (await detail.next()).HasField("project_detail")
        await stub.CreateProject(pb.CreateProjectRequest(project=project()))
        assert (await one.next()).project == project()
        assert (await detail.next()).project_detail.project == project()
        await stub.DeleteProject(pb.DeleteProjectRequest(id="app"))
        assert not (await one.next()).HasField("project")
        assert not (await detail.next()).HasField("project_detail")
