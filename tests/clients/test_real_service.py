"""Every RPC through both clients against a real service, and what happens when it is restarted."""

import threading
from pathlib import Path

import pytest

from millstream import (
    AsyncClient,
    Build,
    BuildLog,
    BuildLogEntry,
    BuildLogLevel,
    BuildStatus,
    Client,
    CrashLog,
    Platform,
    Project,
    RetryPolicy,
    Scheme,
    errors,
)
from millstream.testing import MillstreamService
from millstream_service.config import Config
from millstream_service.embedded import EmbeddedService
from tests.clients.either import Either
from tests.deadline import patience

PATIENT = RetryPolicy(max_attempts=100, initial_delay=0.01, max_delay=0.2, max_stream_delay=0.2)
DEBUG = BuildLogLevel.BUILD_LOG_LEVEL_DEBUG
WARNING = BuildLogLevel.BUILD_LOG_LEVEL_WARNING
RUNNING = BuildStatus.BUILD_STATUS_RUNNING
COMPLETED = BuildStatus.BUILD_STATUS_COMPLETED


@pytest.fixture
def build(either: Either) -> Build:
    either.call("create_project", Project(bundle_identifier="p", name="P"), [Scheme(id="s", name="S")])
    made: Build = either.call("create_build", Build(scheme_id="s", version_string="1.9", status=RUNNING)).build
    return made


def test_projects(either: Either) -> None:
    created = either.call("create_project", Project(bundle_identifier="p", name="P"), [Scheme(name="S")])
    assert created.revision > 0
    assert created.schemes[0].id
    assert either.call("get_project", "p") == created.project
    assert either.some(None, "list_projects", page_size=1) == [created.project]
    updated = either.call("update_project", Project(bundle_identifier="p", display_name="Pretty"), ["display_name"])
    assert (updated.project.name, updated.project.display_name) == ("P", "Pretty")
    assert either.some(1, "watch_project", "p") == [updated.project]
    assert either.some(1, "watch_all_project_ids") == [["p"]]
    assert either.some(1, "watch_project_detail", "p")[0].scheme_ids == [created.schemes[0].id]
    with pytest.raises(errors.ProjectExistsError):
        either.call("create_project", Project(bundle_identifier="p", name="P"))
    assert either.call("delete_project", "p").revision > updated.revision
    with pytest.raises(errors.ProjectNotFoundError) as caught:
        either.call("get_project", "p")
    assert caught.value.metadata == {"id": "p"}
    assert either.some(1, "watch_project", "p") == either.some(1, "watch_project_detail", "p") == [None]


def test_schemes(either: Either) -> None:
    either.call("create_project", Project(bundle_identifier="p", name="P"))
    platforms = [Platform.PLATFORM_IOS, Platform.PLATFORM_LINUX]
    scheme = Scheme(id="s", project_bundle_identifier="p", name="S", platforms=platforms, order=2)
    assert either.call("create_scheme", scheme).scheme == scheme
    second = either.call("create_scheme", Scheme(project_bundle_identifier="p", name="T", order=1)).scheme
    assert either.call("get_scheme", "s") == scheme
    assert either.some(None, "list_schemes", "p", page_size=1) == [second, scheme]
    assert either.some(1, "watch_scheme_ids", "p") == [[second.id, "s"]]
    scheme.name = "New"
    assert either.call("update_scheme", scheme, ["name"]).scheme == scheme
    assert either.some(1, "watch_scheme", "s") == [scheme]
    either.call("delete_scheme", second.id)
    with pytest.raises(errors.SchemeNotFoundError):
        either.call("delete_scheme", second.id)


def test_what_a_replacement_leaves_out_is_reset(either: Either, build: Build) -> None:
    either.call("update_project", Project(bundle_identifier="p", display_name="Pretty"), ["display_name"])
    assert not either.call("replace_project", Project(bundle_identifier="p", name="Q")).project.display_name
    scheme = Scheme(id="s", project_bundle_identifier="p", name="T")
    assert either.call("replace_scheme", scheme).scheme == scheme
    either.call("update_build", Build(id=build.id, progress=0.5), ["progress"])
    replaced = either.call("replace_build", build).build
    assert (replaced.progress, replaced.created_at) == (0, build.created_at)
    crash = CrashLog(incident_identifier="c", build_id=build.id, content="…", process="App")
    either.call("create_crash_log", CrashLog(note="known", incident_identifier="c", build_id=build.id))
    assert not either.call("replace_crash_log", crash).crash_log.note
    with pytest.raises(ValueError, match="names the fields to change"):
        either.call("update_build", build, [])


def test_builds(either: Either, build: Build) -> None:
    other = either.call("create_build", Build(scheme_id="s", version_string="1.10")).build
    assert either.call("get_build", build.id) == build
    assert either.some(None, "list_builds", project_id="p", page_size=1) == [other, build]
    assert either.some(None, "list_builds", scheme_ids=["s"], version_string="1.9") == [build]
    assert either.some(None, "list_builds", statuses=[RUNNING]) == [build]
    assert either.some(1, "watch_build_ids", ["s"]) == [[other.id, build.id]]
    assert either.some(1, "watch_build_ids", ["s"], "1.9") == [[build.id]]
    assert either.some(1, "watch_latest_builds", "p", 1) == [[other]]
    assert either.some(1, "watch_build_version_strings", "p") == [["1.10", "1.9"]]
    assert either.some(1, "watch_project_version_strings") == [{"p": ["1.10", "1.9"]}]
    updated = either.call("update_build", Build(id=build.id, progress=0.5), ["progress"]).build
    assert either.some(1, "watch_build", build.id, min_interval=0.1) == [updated]
    with pytest.raises(errors.ValidationFailedError) as caught:
        either.call("update_build", Build(id=build.id, progress=2), ["progress"])
    assert caught.value.field_violations[0].field == "build.progress"
    with pytest.raises(errors.InvalidUpdateMaskError):
        either.call("update_build", Build(id=build.id), ["created_at"])
    either.call("delete_build", other.id)
    assert either.some(None, "list_builds") == [updated]


def test_crash_logs(either: Either, build: Build) -> None:
    crash = CrashLog(incident_identifier="c", build_id=build.id, content="…", process="App")
    created = either.call("create_crash_log", crash).crash_log
    assert either.call("get_crash_log", "c") == created
    assert either.some(None, "list_crash_logs", build_id=build.id) == [created]
    assert either.some(None, "list_crash_logs", project_id="p", fixed=True) == []
    assert either.some(1, "watch_crash_log_ids", build.id) == [["c"]]
    updated = either.call("update_crash_log", CrashLog(incident_identifier="c", fixed=True), ["fixed"]).crash_log
    assert either.some(None, "list_crash_logs", fixed=True) == either.some(1, "watch_crash_log", "c") == [updated]
    either.call("delete_crash_log", "c")
    with pytest.raises(errors.CrashLogNotFoundError):
        either.call("get_crash_log", "c")


def test_logs(either: Either, build: Build) -> None:
    first = either.call("create_build_log", BuildLog(build_id=build.id, content="one")).build_log
    assert (first.id, first.seq) == (f"{build.id}/1", 1)
    either.log(
        build.id,
        lambda log: [
            log.write("two", WARNING, "stderr"),
            log.write_entry(BuildLogEntry(content="three", level=DEBUG)),
            log.write_many(["four", "five"]),
            log.flush(10),
        ],
    )
    contents = ["one", "two", "three", "four", "five"]
    assert [log.content for log in either.some(None, "list_build_logs", build.id, page_size=2)] == contents
    assert [log.content for log in either.some(None, "list_build_logs", build.id, min_level=WARNING)] == ["two"]
    assert [log.content for log in either.some(None, "list_build_logs", build.id, category="stderr")] == ["two"]
    assert either.call("get_build_log", first.id) == first
    assert either.some(1, "watch_build_log", first.id) == [first]
    assert [log.content for log in either.some(None, "tail_build_logs", build.id, include_debug=True)] == contents
    assert [log.seq for log in either.some(None, "tail_build_logs", build.id, 1)] == [2, 4, 5]
    batches = either.some(None, "tail_build_log_batches", build.id, 3)
    assert [log.seq for batch in batches for log in batch] == [4, 5]
    assert either.some(1, "watch_build_log_ids", build.id, include_debug=True) == [
        [f"{build.id}/{seq}" for seq in range(1, 6)]
    ]
    hit = either.some(
        None, "search_build_logs", "T.O", build_id=build.id, regex=True, ignore_case=True, context_lines=1
    )
    assert [(one.build_log.content, one.before[0].content, one.after[0].content) for one in hit] == [
        ("two", "one", "three")
    ]
    with pytest.raises(errors.InvalidRegexError):
        either.some(None, "search_build_logs", "(", build_id=build.id, regex=True)
    either.call("delete_build_logs", build.id)
    assert either.some(None, "tail_build_logs", build.id, include_debug=True) == []


def test_changes(either: Either, build: Build) -> None:
    commits = either.some(2, "stream_changes")
    assert [change.table for commit in commits for change in commit.changes] == ["projects", "schemes", "builds"]
    assert either.some(1, "stream_changes", commits[0].revision, ["builds"]) == [commits[1]]


class TestRestart:
    def prepare(self, service: MillstreamService) -> tuple[Client, Build]:
        client = Client(service.address, retry=PATIENT)
        client.builds.create_project(Project(bundle_identifier="p", name="P"), [Scheme(id="s", name="S")])
        return client, client.builds.create_build(Build(scheme_id="s", status=RUNNING)).build

    def test_a_watch_goes_on(self, millstream_service: MillstreamService) -> None:
        client, build = self.prepare(millstream_service)
        with client:
            values = client.builds.watch_build(build.id)
            assert next(values) == build
            millstream_service.restart()
            updated = client.builds.update_build(Build(id=build.id, progress=0.25), ["progress"]).build
            assert next(values) == updated, "the value that still stood is not shown again"

    def test_a_long_list_goes_on_growing(self, millstream_service: MillstreamService) -> None:
        client, build = self.prepare(millstream_service)
        with client:
            with client.builds.log_writer(build.id) as log:
                log.write_many(str(number) for number in range(20_000))
            values = client.builds.watch_build_log_ids(build.id)
            ids = [f"{build.id}/{seq}" for seq in range(1, 20_001)]
            assert next(values) == ids
            millstream_service.restart()
            added = client.builds.create_build_log(BuildLog(build_id=build.id, content="more")).build_log
            assert next(values) == [*ids, added.id]

    def test_a_writer_and_a_tail_lose_and_repeat_nothing(self, millstream_service: MillstreamService) -> None:
        client, build = self.prepare(millstream_service)
        total = 30_000
        seen: list[int] = []
        errors_met: list[errors.MillstreamError] = []

        def follow() -> None:
            try:
                logs = client.builds.tail_build_logs(build.id, follow=True)
                seen.extend(int(log.content) for log in logs)
            except errors.MillstreamError as error:
                errors_met.append(error)

        with client:
            following = threading.Thread(target=follow)
            following.start()
            with client.builds.log_writer(build.id) as log:
                for number in range(total):
                    log.write(str(number))
                    if number in (5_000, 15_000):
                        millstream_service.restart()
            client.builds.update_build(Build(id=build.id, status=COMPLETED), ["status"])
            following.join(patience(30))
            assert not following.is_alive()
        assert not errors_met
        assert seen == list(range(total))

    def test_a_call_that_finds_nobody_waits_a_moment(self, millstream_service: MillstreamService) -> None:
        client, build = self.prepare(millstream_service)
        with client:
            millstream_service.stop()
            starting = threading.Thread(target=millstream_service.start)
            starting.start()
            assert client.builds.get_build(build.id) == build
            starting.join()


async def test_the_fixtures_share_a_service(
    millstream_service: MillstreamService,
    millstream_database_url: str,
    millstream_client: Client,
    millstream_async_client: AsyncClient,
) -> None:
    await millstream_async_client.builds.create_project(Project(bundle_identifier="p", name="P"))
    assert millstream_client.builds.get_project("p").name == "P"
    assert millstream_service.database_url == millstream_database_url


def test_a_unix_socket_is_as_good_as_a_port(tmp_path: Path) -> None:
    config = Config(listen=f"unix:{tmp_path / 'm.sock'}", database=f"sqlite:///{tmp_path / 'm.db'}")
    with EmbeddedService(config) as service, Client(service.address) as client:
        assert service.address.startswith("unix:")
        client.builds.create_project(Project(bundle_identifier="p", name="P"))
        assert next(client.builds.watch_all_project_ids()) == ["p"]
