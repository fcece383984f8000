"""Builds are found by their labels: all that have them and no other, newest first, on pages, and while they change."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from tests.deadline import within
from tests.entities import add_build, at, build, project, revision, scheme
from tests.refusal import refused
from tests.stubs import Backend

pytestmark = pytest.mark.dialects

VALUES: tuple[dict[str, str], ...] = ({}, {"nightly": "yes"}, {"nightly": "no"})
LABELS = [{**one, **other, **more} for one, other, more in product(VALUES, ({}, {"team": "a=b"}), ({}, {"x/y": ""}))]
"""What twelve builds are labelled with."""
ASKED: tuple[dict[str, str], ...] = (
    {"nightly": "yes"},
    {"nightly": "no", "team": "a=b"},
    {"x/y": ""},
    {"x/y": "", "team": "a=b", "nightly": "yes"},
    {"nightly": ""},
    {"unheard": "of"},
)
BESIDE: tuple[dict[str, Any], ...] = (
    {},
    {"project_id": "app"},
    {"scheme_ids": ["debug", "nightly"]},
    {"scheme_ids": ["nightly"], "statuses": [3, 4]},
    {"project_id": "app", "statuses": [3]},
    {"statuses": [3, 4], "version_string": "1.9"},
)


def _builds() -> list[Any]:
    return [
        build(
            f"b{number:02}",
            ("debug", "nightly")[number % 2],
            created_at=at(number // 2),
            labels=labels,
            status=3 + number % 3,
            version_string=("1.9", "")[number % 5 == 0],
        )
        for number, labels in enumerate(LABELS)
    ]


async def _store(stub: Backend) -> list[Any]:
    """Store all builds; return them, newest first."""
    await stub.CreateProject(pb.CreateProjectRequest(project=project(), schemes=[scheme()]))
    await stub.CreateProject(pb.CreateProjectRequest(project=project("other"), schemes=[scheme("nightly", "other")]))
    for one in _builds():
        await stub.CreateBuild(pb.CreateBuildRequest(build=one))
    return sorted(_builds(), key=lambda one: (one.created_at.seconds, one.id), reverse=True)


def _fits(one: Any, labels: Mapping[str, str], beside: Mapping[str, Any]) -> bool:
    project_id = "app" if one.scheme_id == "debug" else "other"
    return (
        all(one.labels.get(key) == value for key, value in labels.items())
        and beside.get("project_id", project_id) == project_id
        and one.scheme_id in beside.get("scheme_ids", [one.scheme_id])
        and one.status in beside.get("statuses", [one.status])
        and beside.get("version_string", one.version_string) == one.version_string
    )


async def _pages(stub: Backend, request: pb.ListBuildsRequest) -> list[str]:
    found: list[str] = []
    while True:
        page = await stub.ListBuilds(request)
        found += [one.id for one in page.builds]
        request.page_token = page.next_page_token
        if not page.next_page_token:
            return found


async def test_builds_are_listed_by_their_labels(stub: Backend) -> None:
    newest_first = await _store(stub)
    for labels, beside, size in product(ASKED, BESIDE, (0, 1, 2)):
        expected = [one.id for one in newest_first if _fits(one, labels, beside)]
        request = pb.ListBuildsRequest(labels=labels, page_size=size, **beside)
        assert await _pages(stub, request) == expected, (labels, beside)


async def test_a_build_is_found_by_the_labels_that_it_has_now(stub: Backend) -> None:
    await add_build(stub)

    async def found(**labels: str) -> bool:
        return bool((await stub.ListBuilds(pb.ListBuildsRequest(labels=labels))).builds)

    async def label(**labels: str) -> None:
        await stub.UpdateBuild(pb.UpdateBuildRequest(build=build(labels=labels), update_mask={"paths": ["labels"]}))

    await label(nightly="yes", team="a")
    assert await found(nightly="yes", team="a")
    await stub.UpdateBuild(pb.UpdateBuildRequest(build=build(progress=1.0), update_mask={"paths": ["progress"]}))
    assert await found(nightly="yes")
    await label(nightly="no")
    assert (await found(nightly="yes"), await found(team="a"), await found(nightly="no")) == (False, False, True)
    await stub.DeleteBuild(pb.DeleteBuildRequest(id="build"))
    assert not await found(nightly="no")
    await stub.CreateBuild(pb.CreateBuildRequest(build=build()))
    assert not await found(nightly="no")


async def test_the_newest_builds_with_a_label_are_watched(stub: Backend) -> None:
    await add_build(stub)
    call = stub.StreamLatestBuilds(pb.StreamLatestBuildsRequest(project_id="app", labels={"nightly": "yes"}, limit=2))

    async def next_ids() -> list[str]:
        message = await within(call.read())
        assert isinstance(message, pb.StreamLatestBuildsResponse)
        return [one.id for one in message.builds]

    assert await next_ids() == []
    for number, expected in ((1, ["b1"]), (2, ["b2", "b1"]), (3, ["b3", "b2"])):
        labelled = build(f"b{number}", created_at=at(number), labels={"nightly": "yes", "n": str(number)})
        await stub.CreateBuild(pb.CreateBuildRequest(build=labelled))
        assert await next_ids() == expected
    await stub.UpdateBuild(pb.UpdateBuildRequest(build=build("b3"), update_mask={"paths": ["labels"]}))
    assert await next_ids() == ["b2", "b1"]
    call.cancel()


@pytest.mark.parametrize(
    ("fields", "reason", "at_fault"),
    [
        ({"labels": {"": "x"}}, "VALIDATION_FAILED", "labels"),
        ({"labels": {"Upper": "x"}}, "VALIDATION_FAILED", "labels"),
        ({"labels": {"é": "x"}}, "VALIDATION_FAILED", "labels"),
        ({"labels": {"a=b": "x"}}, "VALIDATION_FAILED", "labels"),
        ({"labels": {"k" * 64: "x"}}, "VALIDATION_FAILED", "labels"),
        ({"labels": {"key": "x" * 256}}, "VALIDATION_FAILED", "labels[key]"),
        ({"labels": {"key": "a\nb"}}, "VALIDATION_FAILED", "labels[key]"),
        ({"labels": {"key": "a\0b"}}, "VALIDATION_FAILED", "labels[key]"),
        ({"labels": {f"k{n}": "" for n in range(33)}}, "LIST_TOO_LARGE", "labels"),
        ({"command": ["make", "a\0b"]}, "VALIDATION_FAILED", "command[1]"),
        ({"command": [""] * 1_025}, "LIST_TOO_LARGE", "command"),
        ({"command": ["é" * 16_384, "x"]}, "MESSAGE_TOO_LARGE", "command"),
    ],
)
async def test_labels_and_commands_that_can_not_be(
    stub: Backend, fields: dict[str, Any], reason: str, at_fault: str
) -> None:
    await add_build(stub)
    before = await revision(stub)
    refusal = await refused(stub.CreateBuild(pb.CreateBuildRequest(build=build("new", **fields))))
    assert (refusal.reason, refusal.metadata["field"]) == (reason, f"build.{at_fault}")
    if "labels" in fields:
        refusal = await refused(stub.ListBuilds(pb.ListBuildsRequest(**fields)))
        assert (refusal.reason, refusal.metadata["field"]) == (reason, at_fault)
    assert await revision(stub) == before


async def test_the_largest_command_and_most_labels_are_kept(stub: Backend) -> None:
    await add_build(stub)
    largest = build(
        "new",
        command=["é" * 15_000, *["x"] * 1_023],
        labels={f"{n:02}" + "k" * 61: "v" * 255 for n in range(32)},
        exit_code=0,
    )
    await stub.CreateBuild(pb.CreateBuildRequest(build=largest))
    kept = (await stub.GetBuild(pb.GetBuildRequest(id="new"))).build
    assert (kept.command, kept.labels, kept.HasField("exit_code")) == (largest.command, largest.labels, True)


async def test_as_many_schemes_as_a_request_may_name_are_looked_through(stub: Backend) -> None:
    await add_build(stub)
    await stub.CreateBuild(pb.CreateBuildRequest(build=build("labelled", labels={"nightly": "yes"})))
    schemes = ["debug", *(f"scheme-{number}" for number in range(999))]
    asked: tuple[dict[str, str], ...] = ({}, {"nightly": "yes"})
    for labels in asked:
        found = await stub.ListBuilds(pb.ListBuildsRequest(scheme_ids=schemes, labels=labels))
        assert "labelled" in [one.id for one in found.builds]
