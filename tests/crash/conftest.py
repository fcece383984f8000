"""Builds that crash, in a service of the test's own, and the command line on it."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from millstream import Build, Client, Project, Scheme
from millstream.cli.app import run
from millstream.testing import MillstreamService


class Ran(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Ran]
MakeBuild = Callable[..., str]


@pytest.fixture
def make_build(millstream_client: Client) -> MakeBuild:
    """Record a build of a project, and the project with it where it is new; gives the build's id."""
    schemes: dict[str, str] = {}

    def make(project_id: str, version: str, number: int = 0) -> str:
        if project_id not in schemes:
            project = Project(bundle_identifier=project_id, name=project_id)
            schemes[project_id] = millstream_client.builds.create_project(project, [Scheme(name="app")]).schemes[0].id
        build = Build(scheme_id=schemes[project_id], version_string=version, build_number=number)
        return millstream_client.builds.create_build(build).build.id

    return make


@pytest.fixture
def command(
    millstream_service: MillstreamService, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Run a command against the service of the test: its exit code, and what it wrote."""
    monkeypatch.setenv("MILLSTREAM_ADDRESS", millstream_service.address)

    def run_command(*arguments: object) -> Ran:
        capfdbinary.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode(), err.decode())

    return run_command
