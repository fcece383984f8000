"""Builds: what their fields may hold, and how they are listed."""

from typing import Any

import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from tests.entities import add_build, at, build, project, revision, scheme
from tests.refusal import refused
from tests.stubs import Backend

BAD = [
    ({"progress": -0.001}, "progress"),
    ({"progress": 1.001}, "progress"),
    ({"progress": float("nan")}, "progress"),
    ({"progress": float("inf")}, "progress"),
    ({"build_number": -1}, "build_number"),
    ({"memory": -1}, "memory"),
    ({"status": 6}, "status"),
    ({"status": -1}, "status"),
    ({"export_options": [3]}, "export_options[0]"),
    ({"export_options": [0]}, "export_options[0]"),
    ({"export_options": [1, 2, 2]}, "export_options[2]"),
    ({"start_date": at(2), "end_date": at(1)}, "end_date"),
    ({"start_date": {"seconds": 2**60}}, "start_date"),
    ({"end_date": {"seconds": 2**60}}, "end_date"),
]


@pytest.mark.parametrize(("fields", "at_fault"), BAD, ids=[f"{field}-{n}" for n, (_, field) in enumerate(BAD)])
async def test_a_value_that_it_must_not_have_is_refused(stub: Backend, fields: dict[str, Any], at_fault: str) -> None:
    await add_build(stub)
    before = await revision(stub)
    calls = (
        stub.CreateBuild(pb.CreateBuildRequest(build=build("new", **fields))),
        stub.UpdateBuild(pb.UpdateBuildRequest(build=build(**fields))),
        stub.UpdateBuild(pb.UpdateBuildRequest(build=build(**fields), update_mask={"paths": list(fields)})),
    )
    for call in calls:
        refusal = await refused(call)
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "VALIDATION_FAILED")
        assert (refusal.metadata, refusal.fields) == ({"field": f"build.{at_fault}"}, (f"build.{at_fault}",))
    assert await revision(stub) == before


@pytest.mark.parametrize("progress", [0.0, 1.0, 1 / 3, 5e-324])
async def test_progress_is_kept_exactly(stub: Backend, progress: float) -> None:
    await add_build(stub)
    answer = await stub.CreateBuild(pb.CreateBuildRequest(build=build("new", progress=progress)))
    assert answer.build.progress == progress


async def test_an_end_is_not_before_the_start_that_is_stored(stub: Backend) -> None:
    await add_build(stub)
    await stub.UpdateBuild(pb.UpdateBuildRequest(build=build(start_date=at(5)), update_mask={"paths": ["start_date"]}))
    early = pb.UpdateBuildRequest(build=build(end_date=at(4)), update_mask={"paths": ["end_date"]})
    assert (await refused(stub.UpdateBuild(early))).fields == ("build.end_date",)
    same = pb.UpdateBuildRequest(build=build(end_date=at(5)), update_mask={"paths": ["end_date"]})
    assert (await stub.UpdateBuild(same)).build.end_date == at(5)
    late = pb.UpdateBuildRequest(build=build(start_date=at(6)), update_mask={"paths": ["start_date"]})
    assert (await refused(stub.UpdateBuild(late))).fields == ("build.end_date",)


async def test_an_end_may_come_without_a_start(stub: Backend) -> None:
    await add_build(stub)
    answer = await stub.CreateBuild(pb.CreateBuildRequest(build=build("new", end_date=at(1))))
    assert not answer.build.HasField("start_date")


async def test_a_new_build_is_queued(stub: Backend) -> None:
    await add_build(stub)
    answer = await stub.GetBuild(pb.GetBuildRequest(id="build"))
    assert answer.build == build(status="BUILD_STATUS_QUEUED")


async def some_builds(stub: Backend) -> None:
    """Store builds: 0 to 5, each newer than the one before, by turns of two schemes, of three versions and statuses."""
    await add_build(stub, "0", "2", "4")
    await stub.CreateProject(pb.CreateProjectRequest(project=project("other"), schemes=[scheme("nightly", "other")]))
    for number in range(6):
        given = build(
            str(number),
            "nightly" if number % 2 else "debug",
            created_at=at(number),
            version_string=("1.9", "1.10", "")[number % 3],
            status=(3, 4, 3, 5, 4, 2)[number],
        )
        if number % 2:
            await stub.CreateBuild(pb.CreateBuildRequest(build=given))
        else:
            await stub.DeleteBuild(pb.DeleteBuildRequest(id=given.id))
            await stub.CreateBuild(pb.CreateBuildRequest(build=given))


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ({}, "543210"),
        ({"project_id": "app"}, "420"),
        ({"project_id": "none"}, ""),
        ({"scheme_ids": ["debug"]}, "420"),
        ({"scheme_ids": ["debug", "nightly", "debug", "none"]}, "543210"),
        ({"version_string": "1.10"}, "41"),
        ({"project_id": "app", "version_string": "1.10"}, "4"),
        ({"scheme_ids": ["debug", "nightly"], "version_string": "1.9"}, "30"),
        ({"statuses": [3]}, "20"),
        ({"statuses": [4, 3, 4]}, "4210"),
        ({"statuses": [3, 4], "project_id": "other"}, "1"),
        ({"statuses": [5], "scheme_ids": ["nightly", "debug"]}, "3"),
        ({"statuses": [3, 4], "version_string": "1.10", "project_id": "app"}, "4"),
        ({"statuses": [2], "version_string": ""}, "5"),
    ],
)
async def test_builds_are_listed_newest_first(stub: Backend, request_: dict[str, Any], found: str) -> None:
    await some_builds(stub)
    listed = await stub.ListBuilds(pb.ListBuildsRequest(**request_))
    assert "".join(one.id for one in listed.builds) == found
    small = pb.ListBuildsRequest(**request_, page_size=2)
    pages = ""
    while True:
        page = await stub.ListBuilds(small)
        pages += "".join(one.id for one in page.builds)
        small.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert pages == found


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        ({"project_id": "app", "scheme_ids": ["debug"]}, "VALIDATION_FAILED", "scheme_ids"),
        ({"statuses": [3, 77]}, "VALIDATION_FAILED", "statuses[1]"),
        ({"scheme_ids": ["debug", ""]}, "VALIDATION_FAILED", "scheme_ids[1]"),
        ({"scheme_ids": [f"s{n}" for n in range(1_001)]}, "LIST_TOO_LARGE", "scheme_ids"),
        ({"page_size": -1}, "VALIDATION_FAILED", "page_size"),
        ({"page_token": "forged"}, "INVALID_PAGE_TOKEN", "page_token"),
    ],
)
async def test_a_list_that_can_not_be(stub: Backend, request_: dict[str, Any], reason: str, field: str) -> None:
    refusal = await refused(stub.ListBuilds(pb.ListBuildsRequest(**request_)))
    assert (refusal.reason, refusal.fields) == (reason, (field,))


@pytest.mark.parametrize("rpc", ["ListBuilds", "StreamBuildIds"])
async def test_a_thousand_schemes_at_most(stub: Backend, rpc: str) -> None:
    await add_build(stub)
    keys = ["debug", *(f"s{number}" for number in range(1_000))]
    request = getattr(pb, f"{rpc}Request")
    refusal = await refused(getattr(stub, rpc)(request(scheme_ids=keys)))
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "LIST_TOO_LARGE")
    assert (refusal.metadata, refusal.fields) == ({"field": "scheme_ids", "limit": "1000"}, ("scheme_ids",))
    call = getattr(stub, rpc)(request(scheme_ids=keys[:1_000]))
    answer = await call if rpc == "ListBuilds" else await call.read()
    assert len(answer.builds if rpc == "ListBuilds" else answer.build_ids) == 1
    call.cancel()


@pytest.mark.parametrize("limit", [-1, 1_001, 2**31 - 1])
async def test_the_latest_builds_are_a_thousand_at_most(stub: Backend, limit: int) -> None:
    refusal = await refused(stub.StreamLatestBuilds(pb.StreamLatestBuildsRequest(project_id="app", limit=limit)))
    assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", ("limit",))
