"""The blocking client offers what the asynchronous one does, and cleans up behind itself."""

import asyncio
import gc
import signal
import subprocess
import sys
import threading
import typing
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import millstream
from millstream import Build, Client, errors
from millstream.builds.v1 import backend_service_pb2 as pb
from tests.clients.conftest import QUICK
from tests.clients.log_store import LogStore
from tests.clients.scripted_service import Context, Script, ScriptedService, answer, stream
from tests.deadline import patience


@contextmanager
def serving(**scripts: Script) -> Iterator[ScriptedService]:
    """Run a scripted service on a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine: typing.Coroutine[object, object, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    service = ScriptedService()
    for rpc, script in scripts.items():
        service.script(rpc, script)
    run(service.start())
    try:
        yield service
    finally:
        run(service.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def wait_until_idle(service: ScriptedService, rpc: str) -> None:
    """Wait until no call of this RPC is open."""
    asyncio.run_coroutine_threadsafe(service.until(lambda: service.active[rpc] == 0), service.loop).result()


def test_calls_and_errors_come_through() -> None:
    with (
        serving(GetBuild=answer(pb.GetBuildResponse(build=Build(id="b1")))) as service,
        Client(service.address) as client,
    ):
        assert client.builds.get_build("b1") == Build(id="b1")
        assert client.address == service.address


def test_lists_come_as_generators() -> None:
    page = pb.ListBuildsResponse(builds=[Build(id=str(number)) for number in range(1_000)])
    with serving(ListBuilds=answer(page)) as service, Client(service.address) as client:
        assert [build.id for build in client.builds.list_builds()] == [str(number) for number in range(1_000)]


def test_tails_come_as_generators() -> None:
    lines = [
        pb.TailBuildLogsResponse(
            build_logs=[millstream.BuildLog(seq=start + i) for i in range(100)], last_seq=start + 99
        )
        for start in range(1, 20_001, 100)
    ]
    with serving(TailBuildLogs=stream(*lines)) as service, Client(service.address) as client:
        logs = client.builds.tail_build_logs("b1", include_debug=True)
        assert [log.seq for log in logs] == list(range(1, 20_001))


def test_watches_are_shared_between_threads() -> None:
    script = stream(pb.StreamBuildResponse(build=Build(id="b1")), hold=True)
    with serving(StreamBuild=script) as service, Client(service.address) as client:
        watches = [client.builds.watch_build("b1") for _ in range(5)]
        threads = [threading.Thread(target=next, args=[watch]) for watch in watches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(service.requests["StreamBuild"]) == 1
        for watch in watches:
            watch.close()


def test_closing_a_generator_cancels_its_call() -> None:
    script = stream(pb.StreamBuildResponse(build=Build(id="b1")), hold=True)
    with serving(StreamBuild=script) as service, Client(service.address) as client:
        watch = client.builds.watch_build("b1")
        assert next(watch) == Build(id="b1")
        watch.close()
        asyncio.run_coroutine_threadsafe(
            service.until(lambda: service.active["StreamBuild"] == 0), service.loop
        ).result()


def test_closing_the_client_ends_what_goes_on() -> None:
    store = stream(pb.StreamBuildResponse(build=Build(id="b1")), hold=True)
    with serving(StreamBuild=store, AppendBuildLogs=LogStore()) as service:
        client = Client(service.address, retry=QUICK)
        watch = client.builds.watch_build("b1")
        next(watch)
        log = client.builds.log_writer("b1")
        log.write("one")
        log.flush()
        client.close()
        client.close()
        with pytest.raises(errors.ClientClosedError):
            next(watch)
        with pytest.raises(errors.ClientClosedError):
            log.write("two")
        with pytest.raises(errors.ClientClosedError):
            client.builds.get_build("b1")


def test_a_client_that_nobody_closes_is_closed_when_it_is_collected() -> None:
    with serving(GetBuild=answer(pb.GetBuildResponse())) as service:
        client = Client(service.address)
        client.builds.get_build("b1")
        thread = client._session._portal._thread
        assert thread is not None
        del client
        gc.collect()
        assert not thread.is_alive()


def test_a_writer_that_nobody_closes_keeps_no_client() -> None:
    with serving(AppendBuildLogs=LogStore()) as service:
        client = Client(service.address)
        log = client.builds.log_writer("b1")
        log.write("one")
        thread = client._session._portal._thread
        assert thread is not None
        del client, log
        gc.collect()
        assert not thread.is_alive()


def test_a_client_that_was_never_used_starts_nothing() -> None:
    before = threading.active_count()
    with Client("127.0.0.1:1"):
        assert threading.active_count() == before


def test_a_client_lives_as_long_as_what_it_gave_out() -> None:
    page = answer(pb.ListBuildsResponse(builds=[Build(id="1"), Build(id="2")]))
    store = LogStore()
    with serving(ListBuilds=page, AppendBuildLogs=store) as service:
        assert [build.id for build in Client(service.address).builds.list_builds()] == ["1", "2"]
        builds = Client(service.address).builds
        gc.collect()
        assert [build.id for build in builds.list_builds()] == ["1", "2"]
        with Client(service.address).builds.log_writer("b1") as log:
            gc.collect()
            log.write("one")
        assert store.contents == ["one"]


@pytest.fixture
def ctrl_c_raises() -> Iterator[None]:
    """Have SIGINT raise KeyboardInterrupt, as in a program at a terminal: the tests' parent may ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_raises")
def test_ctrl_c_ends_a_call() -> None:
    ended = threading.Event()

    def press() -> None:
        """Press it again, as people do, where the first one came while nothing could be raised."""
        while True:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            if ended.wait(3):
                return

    async def silence(request: object, context: Context) -> pb.GetBuildResponse:
        threading.Timer(0.05, press).start()
        await asyncio.Event().wait()
        raise AssertionError

    with serving(GetBuild=silence) as service, Client(service.address) as client:
        with pytest.raises(KeyboardInterrupt):
            client.builds.get_build("b1")
        ended.set()
        wait_until_idle(service, "GetBuild")


def test_an_interpreter_with_an_open_client_ends() -> None:
    with serving(StreamBuild=stream(pb.StreamBuildResponse(build=Build(id="b1")), hold=True)) as service:
        code = (
            "import millstream, sys\n"
            "client = millstream.Client(sys.argv[1])\n"
            "values = client.builds.watch_build('b1')\n"
            "print(next(values).id)\n"
        )
        done = subprocess.run(
            [sys.executable, "-W", "error", "-X", "dev", "-c", code, service.address],
            capture_output=True, text=True, timeout=patience(30), check=True,
        )  # fmt: skip
        assert done.stdout == "b1\n"
        assert "Error" not in done.stderr
        assert "Warning" not in done.stderr


class TestLogWriter:
    def test_many_threads_may_write(self) -> None:
        store = LogStore()
        with serving(AppendBuildLogs=store) as service, Client(service.address) as client:
            with client.builds.log_writer("b1") as log:
                threads = [
                    threading.Thread(target=log.write_many, args=[[f"{name}{i}" for i in range(2_000)]])
                    for name in "abcd"
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                log.flush()
                assert log.durable_entry == log.last_entry == 8_000
            for name in "abcd":
                assert [c for c in store.contents if c[0] == name] == [f"{name}{i}" for i in range(2_000)]

    def test_a_full_buffer_blocks(self) -> None:
        store = LogStore()
        with serving(AppendBuildLogs=store) as service, Client(service.address) as client:
            store.gate.clear()
            with client.builds.log_writer("b1") as log:
                writing = threading.Thread(target=log.write_many, args=[["x" * 1_000] * 10_000])
                writing.start()
                writing.join(0.2)
                assert writing.is_alive()
                service.loop.call_soon_threadsafe(store.gate.set)
                writing.join()
            assert len(store.contents) == 10_000

    def test_a_writer_is_ended_by_the_close_of_another_thread(self) -> None:
        store = LogStore()
        with serving(AppendBuildLogs=store) as service, Client(service.address) as client:
            store.gate.clear()
            log = client.builds.log_writer("b1")
            outcome = []

            def write() -> None:
                try:
                    log.write_many(["x" * 1_000] * 10_000)
                except errors.MillstreamError as error:
                    outcome.append(error)

            writing = threading.Thread(target=write)
            writing.start()
            writing.join(0.2)
            with pytest.raises(errors.DeadlineExceededError):
                log.close(timeout=0.1)
            writing.join()
            assert isinstance(outcome[0], errors.ClientClosedError)
