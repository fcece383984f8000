"""Schemes: their platforms, and their order in a project."""

from typing import Any

import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from tests.entities import add_build, scheme
from tests.refusal import refused
from tests.stubs import Backend


@pytest.mark.parametrize(
    ("platforms", "place"),
    [([99], 0), ([1, -1], 1), ([0], 0), ([1, 2, 1], 2)],
    ids=["unknown", "negative", "unspecified", "twice"],
)
async def test_platforms_are_known_and_each_comes_once(stub: Backend, platforms: list[Any], place: int) -> None:
    await add_build(stub)
    refusal = await refused(stub.CreateScheme(pb.CreateSchemeRequest(scheme=scheme("new", platforms=platforms))))
    field = f"scheme.platforms[{place}]"
    assert (refusal.reason, refusal.metadata, refusal.fields) == ("VALIDATION_FAILED", {"field": field}, (field,))


async def test_more_platforms_than_there_are(stub: Backend) -> None:
    await add_build(stub)
    many = scheme("new", platforms=[1] * 50_000)
    refusal = await refused(stub.CreateScheme(pb.CreateSchemeRequest(scheme=many)))
    assert (refusal.reason, refusal.fields) == ("LIST_TOO_LARGE", ("scheme.platforms",))


async def test_schemes_are_listed_by_their_order_then_by_id(stub: Backend) -> None:
    await add_build(stub)
    for key, order in (("z", -3), ("b", 5), ("a", 5), ("last", 2**31 - 1)):
        await stub.CreateScheme(pb.CreateSchemeRequest(scheme=scheme(key, order=order)))
    listed = await stub.ListSchemes(pb.ListSchemesRequest(project_id="app"))
    assert [one.id for one in listed.schemes] == ["z", "debug", "a", "b", "last"]


async def test_a_project_that_is_not_there_has_no_schemes(stub: Backend) -> None:
    listed = await stub.ListSchemes(pb.ListSchemesRequest(project_id="none"))
    assert (list(listed.schemes), listed.next_page_token) == ([], "")


async def test_listing_schemes_takes_a_project(stub: Backend) -> None:
    refusal = await refused(stub.ListSchemes(pb.ListSchemesRequest()))
    assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", ("project_id",))
