"""Builds to render, and a terminal to render them on."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.builds.v1.build_pb2 import Build
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Scheme
from millstream.cli.origin import Origin
from rich.console import Console

MakeBuild = Callable[..., Build]
MakeLine = Callable[..., BuildLog]
Render = Callable[..., str]

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
