"""The client's guide names every method, and each of its examples runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from millstream.blocking.agents.calls import Agents
from millstream.blocking.builds.calls import Builds
from millstream.blocking.changes import Changes
from millstream.blocking.client import Client
from millstream.testing import MillstreamService
from tests.deadline import patience

GUIDE = (Path(__file__).parents[2] / "docs/python-client.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)

PRINTED = """\
1 Compiling main.c
2 Linking App
1.10.2 3
BUILD_NOT_FOUND no such build
['1.10.2']
PR_CREATED -> STARTED
2 status True
1 create_pr True
True
2 17
work-124-a2 1 it still drips
['work-124-a2']
['work-124-a2', 'work-124-a1']
None
[]
1 1
It drips
[17, 18]
large ['agents.model']
None
"""


@pytest.mark.parametrize(
    "name", [name for kind in (Client, Builds, Agents, Changes) for name in dir(kind) if not name.startswith("_")]
)
def test_every_method_is_named(name: str) -> None:
    assert name in GUIDE


def test_the_examples_run_in_their_order(millstream_service: MillstreamService, tmp_path: Path) -> None:
    environment = {**os.environ, "MILLSTREAM_ADDRESS": millstream_service.address}
    output = ""
    for example in EXAMPLES[:-1]:
        command = [sys.executable, "-W", "error", "-X", "dev", "-c", example]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=patience(60)
        )
        assert done.returncode == 0, done.stderr
        output += done.stdout
    assert output == PRINTED


def test_the_example_of_a_test_passes(tmp_path: Path) -> None:
    file = tmp_path / "test_example.py"
    file.write_text(EXAMPLES[-1])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=patience(60))
    assert "1 passed" in done.stdout
