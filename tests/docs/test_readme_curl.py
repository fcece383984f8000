"""What the README shows of `curl` holds: JSON in, JSON out, on the port that gRPC has."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from millstream import Build, Client, Project, Scheme
from millstream_service.config import Config
from millstream_service.embedded import EmbeddedService
from tests.deadline import patience

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
def test_its_command_lists_builds(file_url: str) -> None:
    [command] = re.findall(r"^\$ (curl .*\\\n.*)$", README.read_text("utf-8"), re.MULTILINE)
    with EmbeddedService(Config("127.0.0.1:0", database=file_url, transport="native")) as service:
        command = command.replace("127.0.0.1:50551", service.address).replace("\\\n", " ")
        assert _run(command) == {}
        with Client(service.address) as client:
            client.builds.create_project(Project(bundle_identifier="app", name="App"), [Scheme(id="s", name="S")])
            client.builds.create_build(Build(id="b", scheme_id="s", version_string="1.0"))
        assert [build["id"] for build in _run(command)["builds"]] == ["b"]


def _run(command: str) -> dict[str, list[dict[str, str]]]:
    done = subprocess.run([*shlex.split(command), "-sS"], capture_output=True, timeout=patience(20), check=True)
    found: dict[str, list[dict[str, str]]] = json.loads(done.stdout)
    return found
