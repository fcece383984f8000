"""ghz (https://ghz.sh): a load tool that others wrote, in Go. What it finds is no artefact of our own generators."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import go_tools
from tests.go_tools import CACHE
from tests.load.measures import Times
from tests.load.processes import ROOT, LoadError

PACKAGE = "github.com/bojand/ghz/cmd/ghz@v0.121.0"
_SERVICE = "millstream.builds.v1.BackendService"
_PROTO = "millstream/builds/v1/backend_service.proto"
_NANOSECONDS = 1e9


class NotHadError(LoadError):
    """A tool can't be had here: its figure is left out, and that is said."""


def installed(cache: Path = CACHE) -> Path | None:
    """Return where it is, if it is there."""
    return go_tools.installed("ghz", cache)


def program(cache: Path = CACHE) -> Path:
    """Return where it is; install it where it is not. Raises NotHadError."""
    try:
        return go_tools.program("ghz", PACKAGE, cache)
    except go_tools.NoToolError as error:
        raise NotHadError(str(error)) from None


@dataclass(frozen=True)
class Found:
    """What it found: calls a second, and the time of each."""

    rate: float
    times: list[float]


class Ghz:
    """Runs it. `folder` is for its files."""

    def __init__(self, folder: Path) -> None:
        self._program = program()
        self._folder = folder
        self._protoset = folder / "protoset"
        _describe(self._protoset)

    def run(self, address: str, method: str, request: bytes, at_once: int, seconds: float) -> Found:
        """Keep so many calls under way over one connection. Raises LoadError where any of them fails."""
        message = self._folder / "request"
        message.write_bytes(request)
        arguments = (
            *("--insecure", "--protoset", str(self._protoset), "--call", f"{_SERVICE}.{method}"),
            *("--binary-file", str(message), "--concurrency", str(at_once), "--connections", "1"),
            *("--duration", f"{seconds}s", "--duration-stop", "wait", "--format", "json", address),
        )
        done = subprocess.run([self._program, *arguments], capture_output=True, timeout=seconds + 60)
        if done.returncode:
            raise LoadError(f"ghz failed: {done.stderr.decode(errors='replace')}")
        return _found(done.stdout)


def _found(report: bytes) -> Found:
    found = json.loads(report)
    if set(found["statusCodeDistribution"]) != {"OK"}:
        raise LoadError(f"calls of ghz failed: {found['statusCodeDistribution']}, {found['errorDistribution']}")
    return Found(found["rps"], [detail["latency"] / _NANOSECONDS for detail in found["details"]])


def _describe(path: Path) -> None:
    """Write what ghz needs to know of our protos."""
    arguments: Sequence[str] = ("-Iprotos", "--include_imports", f"--descriptor_set_out={path}", _PROTO)
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *arguments], cwd=ROOT, check=True)


def times_of(found: Sequence[Found]) -> Times:
    """Sum up the times of some runs."""
    return Times.of_all(one.times for one in found)
