"""Pages are found by key: what comes and goes meanwhile never makes an entry appear twice or vanish."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.agents.v1 import agent_service_pb2 as agents_pb
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream_service.handlers.shared import paging
from millstream_service.security.caller import Caller
from millstream_service.security.tokens import TokenSigner
from tests.entities import add_build, append_texts, at, build, crash_log, project, scheme
from tests.refusal import refused
from tests.stubs import Backend

pytestmark = pytest.mark.dialects

ANYBODY = Caller("unix:")
Meanwhile = Callable[[], Awaitable[None]]


async def pages(stub: Backend, rpc: str, request: Any, field: str, meanwhile: Meanwhile | None = None) -> list[Any]:
    """Return the elements of all pages, in order; `meanwhile` happens between two pages."""
    found: list[Any] = []
    asked = type(request)()
    asked.CopyFrom(request)
    while True:
        page = await getattr(stub, rpc)(asked)
        found += getattr(page, field)
        assert len(getattr(page, field)) <= (request.page_size or 50)
        if not page.next_page_token:
            return found
        asked.page_token = page.next_page_token
        if meanwhile is not None:
            await meanwhile()


async def five_of_each(stub: Backend) -> None:
    await add_build(stub, *(f"build-{number}" for number in range(5)))
    for number in range(5):
        key = f"{number}"
        await stub.CreateProject(pb.CreateProjectRequest(project=project(key, created_at=at(number // 2))))
        await stub.CreateScheme(pb.CreateSchemeRequest(scheme=scheme(key, order=number // 2)))
        given_ = crash_log(key, "build-0", created_at=at(number // 2))
        await stub.CreateCrashLog(pb.CreateCrashLogRequest(crash_log=given_))
    await append_texts(stub, *"abcde", build_id="build-0")


LISTS = [
    ("ListProjects", pb.ListProjectsRequest(), "projects"),
    ("ListSchemes", pb.ListSchemesRequest(project_id="app"), "schemes"),
    ("ListBuilds", pb.ListBuildsRequest(), "builds"),
    ("ListBuilds", pb.ListBuildsRequest(scheme_ids=["debug", "0"]), "builds"),
    ("ListBuildLogs", pb.ListBuildLogsRequest(build_id="build-0"), "build_logs"),
    ("ListCrashLogs", pb.ListCrashLogsRequest(build_id="build-0", fixed=False), "crash_logs"),
]
every_list = pytest.mark.parametrize(
    ("rpc", "request_", "field"), LISTS, ids=[f"{one[0]}-{n}" for n, one in enumerate(LISTS)]
)


@every_list
async def test_pages_of_any_size_make_the_whole_list(stub: Backend, rpc: str, request_: Any, field: str) -> None:
    await five_of_each(stub)
    whole = await pages(stub, rpc, request_, field)
    assert len(whole) >= 5
    for size in (1, 2, 3, 5, 6, 1_000, 2**31 - 1):
        asked = type(request_)()
        asked.CopyFrom(request_)
        asked.page_size = size
        assert await pages(stub, rpc, asked, field) == whole


@every_list
async def test_the_last_page_says_that_it_is(stub: Backend, rpc: str, request_: Any, field: str) -> None:
    await five_of_each(stub)
    asked = type(request_)()
    asked.CopyFrom(request_)
    asked.page_size = len(await pages(stub, rpc, request_, field))
    assert (await getattr(stub, rpc)(asked)).next_page_token == ""


@every_list
async def test_a_negative_size_is_refused(stub: Backend, rpc: str, request_: Any, field: str) -> None:
    await five_of_each(stub)
    asked = type(request_)(page_size=-1)
    asked.MergeFrom(request_)
    refusal = await refused(getattr(stub, rpc)(asked))
    assert (refusal.reason, refusal.fields, bool(field)) == ("VALIDATION_FAILED", ("page_size",), True)


@every_list
async def test_a_token_is_of_its_request_alone(stub: Backend, rpc: str, request_: Any, field: str) -> None:
    await five_of_each(stub)
    token = (await stub.ListBuilds(pb.ListBuildsRequest(project_id="app", page_size=1))).next_page_token
    mine = await getattr(stub, rpc)(_with(request_, page_size=1))
    assert getattr(mine, field)
    for forged in (token, mine.next_page_token[:-4], mine.next_page_token + "AAAA", "AAAA", "x", "%%%", "é", " "):
        refusal = await refused(getattr(stub, rpc)(_with(request_, page_token=forged)))
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "INVALID_PAGE_TOKEN")
        assert (refusal.metadata, refusal.fields) == ({"field": "page_token"}, ("page_token",))
    again = await getattr(stub, rpc)(_with(request_, page_size=2, page_token=mine.next_page_token))
    assert getattr(again, field), "the size may differ from page to page"


def _with(request: Any, **fields: Any) -> Any:
    changed = type(request)(**fields)
    changed.MergeFrom(request)
    return changed


@given(token=st.text(max_size=60))
async def test_no_text_is_a_token_by_chance(stub: Backend, token: str) -> None:
    if token:
        refusal = await refused(stub.ListProjects(pb.ListProjectsRequest(page_token=token)))
        assert refusal.reason == "INVALID_PAGE_TOKEN"


@pytest.mark.parametrize("seed", range(4))
async def test_what_comes_and_goes_meanwhile_disturbs_nobody(stub: Backend, seed: int) -> None:
    """Who is there all of the time is found once; nobody is found twice; the order holds."""
    await add_build(stub, *(f"stays-{number:02}" for number in range(20)))
    dice = random.Random(seed)
    names = iter(range(10_000))

    async def meanwhile() -> None:
        for _ in range(dice.randrange(4)):
            new = build(f"comes-{next(names)}", created_at=at(dice.randrange(-5, 30)))
            await stub.CreateBuild(pb.CreateBuildRequest(build=new))
        there = [one for one in await pages(stub, "ListBuilds", pb.ListBuildsRequest(), "builds") if "comes" in one.id]
        for one in dice.sample(there, len(there) // 2):
            await stub.DeleteBuild(pb.DeleteBuildRequest(id=one.id))

    await meanwhile()
    found = await pages(stub, "ListBuilds", pb.ListBuildsRequest(page_size=3), "builds", meanwhile)
    keys = [one.id for one in found]
    assert [key for key in keys if key.startswith("stays")] == [f"stays-{number:02}" for number in reversed(range(20))]
    assert len(set(keys)) == len(keys)
    places = [(one.created_at.ToNanoseconds(), one.id) for one in found]
    assert places == sorted(places, reverse=True)


async def test_a_page_goes_on_where_its_last_entry_was(stub: Backend) -> None:
    await add_build(stub, *"abcdef")
    first = await stub.ListBuilds(pb.ListBuildsRequest(page_size=3))
    for one in first.builds:
        await stub.DeleteBuild(pb.DeleteBuildRequest(id=one.id))
    rest = await stub.ListBuilds(pb.ListBuildsRequest(page_token=first.next_page_token))
    assert [one.id for one in rest.builds] == ["c", "b", "a"]


@given(sizes=st.lists(st.integers(1, 60), max_size=8), most=st.integers(1, 8))
def test_a_page_ends_where_it_is_full_of_entries_or_of_bytes(sizes: list[int], most: int) -> None:
    """Unless it is its first one, an entry with which the page would grow past its bytes goes to the next page."""
    signer, request = TokenSigner(bytes(16), b"secret"), pb.ListProjectsRequest(page_size=most)
    entries = [project("x" * size, name="", created_at=at(0)) for size in sizes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paging, "MAX_BYTES", 100)
        answer = paging.page(
            signer, request, ANYBODY, ((one, [n]) for n, one in enumerate(entries)), pb.ListProjectsResponse
        )
    page = pb.ListProjectsResponse.FromString(answer)
    fit = [n for n in range(1, len(entries) + 1) if n <= most and (n == 1 or _size(entries[:n]) <= 100)]
    assert list(page.projects) == entries[: max(fit, default=0)]
    assert bool(page.next_page_token) == (len(page.projects) < len(entries))
    if page.next_page_token:
        asked = pb.ListProjectsRequest(page_size=1, page_token=page.next_page_token)
        assert paging.place(signer, asked, ANYBODY) == [len(page.projects) - 1], (
            "the next page begins behind the last entry"
        )


@pytest.mark.parametrize(("spare", "fit"), [(0, 2), (-1, 1)])
def test_a_page_may_have_all_of_its_bytes_and_not_one_more(
    monkeypatch: pytest.MonkeyPatch, spare: int, fit: int
) -> None:
    entries = [project("one"), project("another")]
    monkeypatch.setattr(paging, "MAX_BYTES", _size(entries) + spare)
    signer, request = TokenSigner(bytes(16), b"secret"), pb.ListProjectsRequest()
    answer = paging.page(signer, request, ANYBODY, ((one, [0]) for one in entries), pb.ListProjectsResponse)
    assert len(pb.ListProjectsResponse.FromString(answer).projects) == fit


def _size(entries: list[Any]) -> int:
    return sum(len(one.SerializeToString()) for one in entries)


@pytest.mark.parametrize(("asked", "given_"), [(0, 50), (1, 1), (50, 50), (1_000, 1_000), (1_001, 1_000)])
def test_a_page_has_fifty_entries_unless_it_is_asked_for_and_a_thousand_at_the_most(asked: int, given_: int) -> None:
    assert paging.page_size(pb.ListProjectsRequest(page_size=asked)) == given_


def test_what_has_a_limit_and_no_size_has_a_hundred_entries_unless_it_is_asked_for() -> None:
    asked = agents_pb.ListMcpEventsRequest
    assert [paging.page_size(asked(limit=limit)) for limit in (0, 1, 1_001)] == [100, 1, 1_000]
    assert paging.fingerprint(asked(instance_id="one", limit=7), ANYBODY) == paging.fingerprint(
        asked(instance_id="one"), ANYBODY
    )


@pytest.mark.parametrize("one", [pb.ListBuildsRequest(project_id="app"), pb.ListProjectsRequest()])
def test_a_fingerprint_is_of_all_that_is_asked_but_the_page(one: Any) -> None:
    same = _with(one, page_size=7, page_token="there")
    assert paging.fingerprint(same, ANYBODY) == paging.fingerprint(one, ANYBODY)
    assert (same.page_size, same.page_token) == (7, "there"), "the request itself stays as it is"
    others = [pb.ListBuildsRequest(), pb.ListBuildsRequest(project_id="ap"), pb.ListBuildsRequest(scheme_ids=["app"])]
    assert paging.fingerprint(one, ANYBODY) not in [paging.fingerprint(other, ANYBODY) for other in others]


def test_a_fingerprint_does_not_depend_on_the_order_of_labels() -> None:
    labels = {f"key{number}": "yes" for number in range(32)}
    turned = dict(reversed(labels.items()))
    prints = {paging.fingerprint(pb.ListBuildsRequest(labels=some), ANYBODY) for some in (labels, turned)}
    assert len(prints) == 1


def test_a_page_has_two_mebibytes_at_the_most() -> None:
    assert paging.MAX_BYTES == 2 * 1024 * 1024
