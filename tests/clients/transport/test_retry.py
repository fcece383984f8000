"""A call is repeated only where that is safe, and never beyond its timeout."""

import asyncio
import itertools
import time

import grpc
import pytest

from millstream import NO_RETRIES, AsyncClient, Build, BuildLog, CrashLog, Project, RetryPolicy, Scheme, errors
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.errors import MillstreamError
from millstream.transport.retry import Backoff, Outcome, outcome
from tests.clients.conftest import QUICK
from tests.clients.scripted_service import Context, ScriptedService, answer, failure, stream

LOST = failure(grpc.StatusCode.UNAVAILABLE, message="Socket closed")
SHUTTING_DOWN = failure(grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
BUILD = pb.GetBuildResponse(build=Build(id="b1", version_string="1.0"))


class TestOutcome:
    @pytest.mark.parametrize("kind", [errors.NotConnectedError, errors.ShuttingDownError, errors.StoreBusyError])
    def test_what_was_certainly_not_done(self, kind: type[MillstreamError]) -> None:
        assert outcome(kind("")) is Outcome.REFUSED

    @pytest.mark.parametrize(
        "error",
        [
            errors.UnavailableError("Socket closed"),
            errors.StoreUnavailableError(""),
            errors.CallCancelledError(""),
            errors.InternalError("Received RST_STREAM with error code 2"),
            errors.InternalError("Internal error from Core"),
            MillstreamError("Stream removed"),
            MillstreamError("h2 protocol error: error reading a body from connection"),
        ],
    )
    def test_what_nobody_knows(self, error: MillstreamError) -> None:
        assert outcome(error) is Outcome.UNCLEAR

    @pytest.mark.parametrize(
        "error",
        [
            errors.ValidationFailedError(""),
            errors.BuildNotFoundError(""),
            errors.DiskFullError(""),
            errors.DeadlineExceededError(""),
            errors.InternalError("a fault"),
            errors.QueryFailedError("RST_STREAM in the text of our own error"),
            errors.ClientClosedError(""),
            MillstreamError("of a newer service", reason="NEWER"),
        ],
    )
    def test_what_is_an_answer(self, error: MillstreamError) -> None:
        assert outcome(error) is Outcome.ANSWERED


class TestBackoff:
    def test_it_lies_below_a_bound_that_doubles_up_to_its_limit(self) -> None:
        for _ in range(200):
            backoff = Backoff(1.0, 6.0)
            delays = [backoff.next_delay() for _ in range(5)]
            assert all(0 <= delay <= bound for delay, bound in zip(delays, [1, 2, 4, 6, 6], strict=True))

    def test_it_begins_anew_after_progress(self) -> None:
        backoff = Backoff(1.0, 64.0)
        for _ in range(7):
            backoff.next_delay()
        backoff.reset()
        assert backoff.next_delay() <= 1.0

    def test_it_is_jittered(self) -> None:
        assert len({Backoff(1.0, 1.0).next_delay() for _ in range(20)}) > 1

    def test_the_service_says_when_at_the_earliest(self) -> None:
        assert Backoff(0.1, 1.0).next_delay(errors.StoreBusyError("", retry_delay=3.0)) >= 3.0

    def test_those_who_are_told_the_same_time_come_back_one_by_one(self) -> None:
        delays = [Backoff(0.1, 1.0).next_delay(errors.ShuttingDownError("", retry_delay=1.0)) for _ in range(200)]
        assert all(1.0 <= delay <= 2.0 for delay in delays)
        assert len({int(delay * 10) for delay in delays}) == 10, "spread over a second"


class TestReads:
    @pytest.mark.parametrize(
        "trouble",
        [
            LOST,
            SHUTTING_DOWN,
            failure(grpc.StatusCode.UNAVAILABLE, "STORE_BUSY", retry_delay=0.002),
            failure(grpc.StatusCode.CANCELLED),
            failure(grpc.StatusCode.INTERNAL, message="Received RST_STREAM with error code 8"),
        ],
    )
    async def test_a_read_is_repeated(self, scripted: ScriptedService, client: AsyncClient, trouble: object) -> None:
        scripted.script("GetBuild", trouble, trouble, answer(BUILD))  # type: ignore[arg-type]
        assert await client.builds.get_build("b1") == BUILD.build
        assert len(scripted.requests["GetBuild"]) == 3

    async def test_an_answer_is_an_answer(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("GetBuild", failure(grpc.StatusCode.NOT_FOUND, "BUILD_NOT_FOUND"))
        with pytest.raises(errors.BuildNotFoundError):
            await client.builds.get_build("b1")
        assert len(scripted.requests["GetBuild"]) == 1

    async def test_it_gives_up_after_some_tries(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("GetBuild", SHUTTING_DOWN)
        with pytest.raises(errors.ShuttingDownError):
            await client.builds.get_build("b1")
        assert len(scripted.requests["GetBuild"]) == QUICK.max_attempts

    async def test_it_can_be_told_not_to(self, scripted: ScriptedService) -> None:
        scripted.script("GetBuild", SHUTTING_DOWN)
        async with AsyncClient(scripted.address, retry=NO_RETRIES) as client:
            with pytest.raises(errors.ShuttingDownError):
                await client.builds.get_build("b1")
        assert len(scripted.requests["GetBuild"]) == 1

    async def test_the_timeout_bounds_all_tries(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("GetBuild", failure(grpc.StatusCode.UNAVAILABLE, "STORE_BUSY", retry_delay=60))
        started = time.monotonic()
        with pytest.raises(errors.StoreBusyError):
            await client.builds.get_build("b1", timeout=1)
        assert time.monotonic() - started < 1, "there was no time left to come back, so it did not wait"
        assert len(scripted.requests["GetBuild"]) == 1

    async def test_the_timeout_bounds_one_try(self, scripted: ScriptedService, client: AsyncClient) -> None:
        async def silence(request: object, context: Context) -> pb.GetBuildResponse:
            await asyncio.Event().wait()
            raise AssertionError

        scripted.script("GetBuild", silence)
        with pytest.raises(errors.DeadlineExceededError):
            await client.builds.get_build("b1", timeout=0.05)

    async def test_pages_are_read_until_the_last(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script(
            "ListBuilds",
            answer(pb.ListBuildsResponse(builds=[Build(id="3"), Build(id="2")], next_page_token="more")),
            LOST,
            answer(pb.ListBuildsResponse(builds=[Build(id="1")])),
        )
        assert [build.id async for build in client.builds.list_builds(project_id="p", page_size=2)] == ["3", "2", "1"]
        assert [request.page_token for request in scripted.requests["ListBuilds"]] == ["", "more", "more"]

    async def test_the_next_page_is_asked_for_when_it_is_wanted(
        self, scripted: ScriptedService, client: AsyncClient
    ) -> None:
        scripted.script("ListProjects", answer(pb.ListProjectsResponse(projects=[Project()], next_page_token="more")))
        async for _ in client.builds.list_projects():
            break
        assert len(scripted.requests["ListProjects"]) == 1

    async def test_a_search_is_begun_again_until_its_first_hit(
        self, scripted: ScriptedService, client: AsyncClient
    ) -> None:
        hit = pb.SearchBuildLogsResponse(hits=[pb.SearchHit(build_log=BuildLog(seq=1))])
        lost = (grpc.StatusCode.UNAVAILABLE, "")
        scripted.script("SearchBuildLogs", stream(then=lost), stream(hit, then=lost))
        hits = client.builds.search_build_logs("x", build_id="b1")
        assert (await anext(hits)).build_log.seq == 1
        with pytest.raises(errors.UnavailableError):
            await anext(hits)
        assert len(scripted.requests["SearchBuildLogs"]) == 2


class TestNobodyThere:
    async def test_a_call_says_so(self, unused_tcp_port: int) -> None:
        async with AsyncClient(f"127.0.0.1:{unused_tcp_port}", retry=QUICK) as client:
            with pytest.raises(errors.NotConnectedError, match=f"no service can be reached at .*:{unused_tcp_port}"):
                await client.builds.get_build("b1")

    async def test_a_service_that_comes_up_meanwhile_is_found(self, scripted: ScriptedService) -> None:
        scripted.script("CreateBuildLog", answer(pb.CreateBuildLogResponse(revision=7)))
        await scripted.stop()
        async with AsyncClient(scripted.address, retry=RetryPolicy(max_attempts=1000, max_delay=0.05)) as client:
            call = asyncio.create_task(client.builds.create_build_log(BuildLog(build_id="b1")))
            channel = client._connection.channel
            while (state := channel.get_state()) is not grpc.ChannelConnectivity.TRANSIENT_FAILURE:
                await channel.wait_for_state_change(state)
            await scripted.start()
            assert (await call).revision == 7
        assert len(scripted.requests["CreateBuildLog"]) == 1

    async def test_the_timeout_bounds_the_waiting(self, unused_tcp_port: int) -> None:
        async with AsyncClient(f"127.0.0.1:{unused_tcp_port}", retry=RetryPolicy(max_attempts=10**6)) as client:
            with pytest.raises((errors.NotConnectedError, errors.DeadlineExceededError)):
                await client.builds.get_build("b1", timeout=0.2)


class TestCreates:
    async def test_the_client_makes_the_id_and_keeps_it(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("CreateBuild", LOST, answer(pb.CreateBuildResponse(revision=5)))
        wanted = Build(scheme_id="s1")
        assert (await client.builds.create_build(wanted)).revision == 5
        first, second = scripted.requests["CreateBuild"]
        assert first.build.id == second.build.id != ""
        assert wanted.id == "", "the caller's message is not touched"

    async def test_a_lost_answer_is_found_by_reading(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("CreateBuild", LOST, failure(grpc.StatusCode.ALREADY_EXISTS, "BUILD_EXISTS"))
        stored = Build(id="b1", scheme_id="s1", progress=0.5, status=1)  # type: ignore[arg-type] # a number, as any enum
        scripted.script("GetBuild", answer(pb.GetBuildResponse(build=stored)))
        response = await client.builds.create_build(Build(id="b1", scheme_id="s1", progress=0.5))
        assert response == pb.CreateBuildResponse(build=stored, revision=0)

    async def test_another_thing_with_this_id_is_an_error(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("CreateBuild", LOST, failure(grpc.StatusCode.ALREADY_EXISTS, "BUILD_EXISTS"))
        scripted.script("GetBuild", answer(pb.GetBuildResponse(build=Build(id="b1", scheme_id="other"))))
        with pytest.raises(errors.BuildExistsError):
            await client.builds.create_build(Build(id="b1", scheme_id="s1"))

    async def test_without_a_lost_answer_it_is_an_error(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("CreateBuild", SHUTTING_DOWN, failure(grpc.StatusCode.ALREADY_EXISTS, "BUILD_EXISTS"))
        with pytest.raises(errors.BuildExistsError):
            await client.builds.create_build(Build(id="b1"))
        assert not scripted.requests["GetBuild"]

    async def test_a_project_is_compared_with_its_schemes(self, scripted: ScriptedService, client: AsyncClient) -> None:
        project, scheme = Project(bundle_identifier="p", name="P"), Scheme(id="s1", name="S")
        exists = failure(grpc.StatusCode.ALREADY_EXISTS, "PROJECT_EXISTS")
        scripted.script("CreateProject", LOST, exists, LOST, exists)
        scripted.script("GetProject", answer(pb.GetProjectResponse(project=project)))
        scripted.script("GetScheme", answer(pb.GetSchemeResponse(scheme=scheme)))
        response = await client.builds.create_project(project, [scheme])
        assert (response.project, list(response.schemes)) == (project, [scheme])
        with pytest.raises(errors.ProjectExistsError):
            await client.builds.create_project(project, [Scheme(id="s1", name="Another")])

    async def test_of_a_project_only_parts_of_which_are_there_nothing_is_claimed(
        self, scripted: ScriptedService, client: AsyncClient
    ) -> None:
        scripted.script("CreateProject", LOST, failure(grpc.StatusCode.ALREADY_EXISTS, "SCHEME_EXISTS"))
        scripted.script("GetProject", failure(grpc.StatusCode.NOT_FOUND, "PROJECT_NOT_FOUND"))
        with pytest.raises(errors.SchemeExistsError):
            await client.builds.create_project(Project(bundle_identifier="p"), [Scheme(name="S")])

    @pytest.mark.parametrize("kind", ["scheme", "crash_log"])
    async def test_every_kind_is_found_again(self, scripted: ScriptedService, client: AsyncClient, kind: str) -> None:
        thing = {"scheme": Scheme(id="s1", name="S"), "crash_log": CrashLog(incident_identifier="c1", note="n")}[kind]
        name = {"scheme": "Scheme", "crash_log": "CrashLog"}[kind]
        scripted.script(f"Create{name}", LOST, failure(grpc.StatusCode.ALREADY_EXISTS, f"{kind.upper()}_EXISTS"))
        scripted.script(f"Get{name}", answer(getattr(pb, f"Get{name}Response")(**{kind: thing})))
        response = await getattr(client.builds, f"create_{kind}")(thing)
        assert getattr(response, kind) == thing

    async def test_a_line_is_not_repeated_where_it_may_be_stored(
        self, scripted: ScriptedService, client: AsyncClient
    ) -> None:
        scripted.script("CreateBuildLog", LOST)
        with pytest.raises(errors.UnavailableError):
            await client.builds.create_build_log(BuildLog(build_id="b1"))
        assert len(scripted.requests["CreateBuildLog"]) == 1

    async def test_a_line_is_repeated_where_it_was_refused(
        self, scripted: ScriptedService, client: AsyncClient
    ) -> None:
        scripted.script("CreateBuildLog", SHUTTING_DOWN, answer(pb.CreateBuildLogResponse(revision=3)))
        assert (await client.builds.create_build_log(BuildLog(build_id="b1"))).revision == 3


class TestUpdatesAndDeletes:
    async def test_an_update_is_repeated(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("UpdateBuild", LOST, answer(pb.UpdateBuildResponse(revision=4)))
        assert (await client.builds.update_build(Build(id="b1", progress=1), ["progress"])).revision == 4
        assert [list(request.update_mask.paths) for request in scripted.requests["UpdateBuild"]] == [["progress"]] * 2

    async def test_a_replacement_has_no_mask(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("UpdateBuild", answer(pb.UpdateBuildResponse()))
        await client.builds.replace_build(Build(id="b1"))
        assert not scripted.requests["UpdateBuild"][0].HasField("update_mask")

    async def test_an_empty_mask_replaces_nothing(self, scripted: ScriptedService, client: AsyncClient) -> None:
        with pytest.raises(ValueError, match="names the fields to change"):
            await client.builds.update_build(Build(id="b1"), [])
        assert not scripted.requests["UpdateBuild"]

    @pytest.mark.parametrize("kind", ["project", "scheme", "build", "crash_log"])
    async def test_a_delete_whose_answer_was_lost_is_done(
        self, scripted: ScriptedService, client: AsyncClient, kind: str
    ) -> None:
        rpc = "Delete" + "".join(word.title() for word in kind.split("_"))
        gone = failure(grpc.StatusCode.NOT_FOUND, f"{kind.upper()}_NOT_FOUND")
        scripted.script(rpc, LOST, gone)
        assert (await getattr(client.builds, f"delete_{kind}")("x")).revision == 0
        with pytest.raises(errors.NotFoundError):
            await getattr(client.builds, f"delete_{kind}")("x")


class TestClosing:
    async def test_a_closed_client_says_so(self, scripted: ScriptedService) -> None:
        client = AsyncClient(scripted.address)
        await client.close()
        await client.close()
        with pytest.raises(errors.ClientClosedError):
            await client.builds.get_build("b1")
        with pytest.raises(errors.ClientClosedError):
            await anext(client.builds.watch_build("b1"))

    async def test_a_call_that_is_under_way_hears_of_it(self, scripted: ScriptedService) -> None:
        async def silence(request: object, context: Context) -> pb.GetBuildResponse:
            await asyncio.Event().wait()
            raise AssertionError

        scripted.script("GetBuild", silence)
        client = AsyncClient(scripted.address)
        call = asyncio.create_task(client.builds.get_build("b1"))
        await scripted.until(lambda: bool(scripted.requests["GetBuild"]))
        await client.close()
        with pytest.raises(errors.ClientClosedError):
            await call

    async def test_a_cancelled_call_is_cancelled_at_the_service(
        self, scripted: ScriptedService, client: AsyncClient
    ) -> None:
        async def silence(request: object, context: Context) -> pb.GetBuildResponse:
            await asyncio.Event().wait()
            raise AssertionError

        scripted.script("GetBuild", silence)
        call = asyncio.create_task(client.builds.get_build("b1"))
        await scripted.until(lambda: scripted.active["GetBuild"] == 1)
        call.cancel()
        await scripted.until(lambda: scripted.active["GetBuild"] == 0)
        with pytest.raises(asyncio.CancelledError):
            await call


def test_the_backoff_of_streams_goes_further_than_that_of_calls() -> None:
    policy = RetryPolicy(initial_delay=1, max_delay=2, max_stream_delay=1e9)
    stream_backoff = policy.stream_backoff()
    assert any(stream_backoff.next_delay() > 2 for _ in itertools.repeat(None, 40))
