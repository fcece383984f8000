"""Builds to render, and a terminal to render them on."""

import io
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.console import Console

from millstream import Build, BuildLog, BuildLogEntry, BuildStatus, Client, Project, Scheme
from millstream.cli.app import run
from millstream.cli.builds.origin import Origin
from millstream.testing import MillstreamService


class Ran(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str


MakeBuild = Callable[..., Build]
MakeLine = Callable[..., BuildLog]
Render = Callable[..., str]
Command = Callable[..., Ran]

PROJECTS = {"net.zlib": "zlib", "com.example.orbit": "Orbit"}

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def origin() -> Origin:
    return Origin(
        Project(bundle_identifier="net.zlib", name="zlib", git_repo_url="https://github.com/madler/zlib"),
        Scheme(id="scheme-1", project_bundle_identifier="net.zlib", name="default"),
    )


@pytest.fixture
def make_build() -> MakeBuild:
    """A build that was made, and begun, `ago` seconds ago and ran for `ran` seconds."""

    def make(*, ago: float = 60, ran: float | None = None, started: bool = True, **fields: object) -> Build:
        build = Build(**({"id": "01928c3e-7f20-7abc-8000-000000000000", "scheme_id": "scheme-1"} | fields))  # type: ignore[arg-type]
        build.created_at.FromDatetime(NOW - timedelta(seconds=ago))
        if started:
            build.start_date.FromDatetime(NOW - timedelta(seconds=ago))
        if ran is not None:
            build.end_date.FromDatetime(NOW - timedelta(seconds=ago - ran))
        return build

    return make


@pytest.fixture
def make_line() -> MakeLine:
    def make(seq: int, content: str = "", level: str = "INFO", build_id: str = "build-1") -> BuildLog:
        line = BuildLog(
            id=f"{build_id}/{seq}", build_id=build_id, seq=seq, content=content, level=f"BUILD_LOG_LEVEL_{level}"
        )
        line.created_at.FromDatetime(NOW + timedelta(milliseconds=seq))
        return line

    return make


@pytest.fixture
def render() -> Render:
    """What a console of so many columns shows, without colours."""

    def rendered(*renderables: object, width: int = 80) -> str:
        console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
        for renderable in renderables:
            console.print(renderable)
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    return rendered


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A port at which nothing listens."""

    def find() -> int:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            return int(unused.getsockname()[1])

    return find


class Recorded:
    """Two projects with a build machine's usual builds, in a service of the test's own."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._schemes = {name: self._project(project_id, name) for project_id, name in PROJECTS.items()}

    def _project(self, project_id: str, name: str) -> str:
        project = Project(bundle_identifier=project_id, name=name)
        return self.client.builds.create_project(project, [Scheme(name="default")]).schemes[0].id

    def build(self, project: str = "zlib", lines: Sequence[BuildLogEntry] = (), **fields: object) -> Build:
        """Record a build and its log."""
        asked_for = {"scheme_id": self._schemes[project], "status": BuildStatus.BUILD_STATUS_COMPLETED} | fields
        build = self.client.builds.create_build(Build(**asked_for)).build  # type: ignore[arg-type]
        with self.client.builds.log_writer(build.id) as writer:
            for line in lines:
                writer.write_entry(line)
        return build


@pytest.fixture
def recorded(millstream_client: Client) -> Recorded:
    return Recorded(millstream_client)


@pytest.fixture
def command(
    millstream_service: MillstreamService, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Run a command against the service of the test: its exit code, and what it wrote."""
    monkeypatch.setenv("MILLSTREAM_ADDRESS", millstream_service.address)

    def run_command(*arguments: str) -> Ran:
        capfdbinary.readouterr()
        code = run(arguments)
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode(), err.decode())

    return run_command


@pytest.fixture
def sample_log() -> str:
    """A log of make and gcc, without its last line break."""
    path = Path(__file__).parent.parent / "samples" / "logs" / "make_recursive_gcc.log"
    return path.read_bytes().decode().removesuffix("\n")
