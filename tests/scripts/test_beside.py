"""`make test` runs checks beside the tests: it fails where either does, and shows what the checks have to say last."""

import subprocess
from pathlib import Path

import pytest

from tests.deadline import patience

SCRIPT = Path(__file__).parents[2] / "scripts" / "beside"


@pytest.mark.parametrize(("checks", "tests", "code"), [(0, 0, 0), (1, 0, 1), (0, 2, 1), (3, 3, 1)])
def test_both_are_run_to_their_end_and_it_fails_where_either_does(checks: int, tests: int, code: int) -> None:
    done = _beside(f"echo of the checks; exit {checks}", f"echo of the tests; exit {tests}")
    assert done.returncode == code
    assert done.stdout.index("of the tests") < done.stdout.rindex("of the checks\n")
    assert done.stdout.endswith(f"FAILED: echo of the checks; exit {checks}\n") == bool(checks)


def test_they_run_at_the_same_time(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    meet = "touch {}; until [ -e {} ]; do sleep 0.01; done"
    assert _beside(meet.format(here, there), meet.format(there, here)).returncode == 0


def _beside(checks: str, tests: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([SCRIPT, checks, tests], capture_output=True, text=True, timeout=patience())
