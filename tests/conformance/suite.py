"""The protocol's own conformance suite (https://github.com/connectrpc/conformance), run against a transport of ours."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests import go_tools
from tests.conformance import messages
from tests.conformance.known import FOLDER, known

_MODULE = "connectrpc.com/conformance"
_VERSION = "v1.0.7"
_NAME = "connectconformance"
_COUNTS = re.compile(r"^(\d+) passed, (\d+) failed", re.MULTILINE)
_EXPECTED = re.compile(r"(\d+) failed as expected")


@dataclass(frozen=True)
class Result:
    """How many cases passed, failed, and failed as known; and what the suite printed."""

    passed: int
    failed: int
    known_failing: int
    text: str


def installed() -> bool:
    """Whether it is here."""
    return go_tools.installed(_NAME) is not None


def run(transport: str, folder: Path, seconds: float) -> Result:
    """Run all cases that a transport is to pass, with files in a folder. Raises NoToolError and TimeoutExpired."""
    program = go_tools.program(_NAME, f"{_MODULE}/cmd/{_NAME}@{_VERSION}")
    described = folder / "conformance.binpb"
    messages.describe(go_tools.module_folder(f"{_MODULE}@{_VERSION}") / "proto", described)
    arguments = ["--mode", "server", "--conf", str(FOLDER / f"{transport}.yaml")]
    for row in known()[transport]:
        for cases in row.cases:
            arguments += ["--known-failing" if row.run else "--skip", cases]
    server = [sys.executable, "-m", "tests.conformance.server", transport, str(described)]
    done = subprocess.run(
        [program, *arguments, "--", *server], cwd=go_tools.ROOT, capture_output=True, text=True, timeout=seconds
    )
    return _result(done.stdout + done.stderr)


def _result(text: str) -> Result:
    counts, expected = _COUNTS.search(text), _EXPECTED.search(text)
    if counts is None:
        raise AssertionError(f"the suite counted nothing: {text[-2_000:]}")
    return Result(int(counts[1]), int(counts[2]), int(expected[1]) if expected else 0, text)
