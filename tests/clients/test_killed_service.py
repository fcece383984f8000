"""The service is killed (SIGKILL) under its clients: they go on by themselves, nothing acknowledged is lost."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

from millstream import Build, BuildStatus, Client, Project, RetryPolicy, Scheme
from tests.deadline import patience

SERVE = """
import sys
from millstream_service.__main__ import serve
from millstream_service.config import Config
sys.exit(serve(Config(listen=sys.argv[1], database=sys.argv[2])))
"""
PATIENT = RetryPolicy(max_attempts=10_000, initial_delay=0.01, max_delay=0.2, max_stream_delay=0.2)


class Process:
    """A service in a process of its own."""

    def __init__(self, database: Path) -> None:
        self._database = f"sqlite:///{database}"
        self.address = "127.0.0.1:0"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-c", SERVE, self.address, self._database]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().removeprefix("listening on ").strip()

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        self._process.send_signal(how)
        self._process.wait(patience(30))
        assert self._process.stdout is not None
        self._process.stdout.close()


def test_clients_go_on(tmp_path: Path) -> None:
    service, total = Process(tmp_path / "m.db"), 40_000
    seen: list[int] = []

    def follow(client: Client, build_id: str) -> None:
        seen.extend(int(line.content) for line in client.builds.tail_build_logs(build_id, follow=True))

    with Client(service.address, retry=PATIENT) as client:
        client.builds.create_project(Project(bundle_identifier="p", name="P"), [Scheme(id="s", name="S")])
        build = client.builds.create_build(Build(scheme_id="s", status=BuildStatus.BUILD_STATUS_RUNNING)).build
        values = client.builds.watch_build(build.id)
        assert next(values) == build
        following = threading.Thread(target=follow, args=[client, build.id])
        following.start()
        with client.builds.log_writer(build.id) as log:
            for number in range(total):
                log.write(str(number))
                if number in (10_000, 25_000):
                    service.end()
                    service.start()
        build.status = BuildStatus.BUILD_STATUS_COMPLETED
        assert client.builds.update_build(build, ["status"]).build == next(values)
        following.join(patience(30))
        assert not following.is_alive()
    service.end(signal.SIGTERM)
    assert seen == list(range(total))


def test_creates_under_which_it_dies_are_done_once(tmp_path: Path) -> None:
    service = Process(tmp_path / "m.db")
    with Client(service.address, retry=PATIENT) as client:
        client.builds.create_project(Project(bundle_identifier="p", name="P"), [Scheme(id="s", name="S")])
        made: list[str] = []

        def create() -> None:
            made.extend(client.builds.create_build(Build(scheme_id="s")).build.id for _ in range(100))

        creating = threading.Thread(target=create)
        creating.start()
        while len(made) < 10 and creating.is_alive():
            creating.join(0.01)
        service.end()
        service.start()
        creating.join(patience(30))
        assert {build.id for build in client.builds.list_builds()} == set(made)
        assert len(made) == 100
    service.end(signal.SIGTERM)
