"""ghz (https://ghz.sh): a load tool that others wrote, in Go. What it finds is no artefact of our own generators.

It comes through Go's module proxy into `.cache/` the first time that it is wanted, where there is Go.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.load.measures import Times
from tests.load.processes import ROOT, LoadError

MODULE = "github.com/bojand/ghz/cmd/ghz@v0.121.0"
CACHE = ROOT / ".cache" / "bin"
_INSTALL_SECONDS = 600.0
_SERVICE = "millstream.builds.v1.BackendService"
_PROTO = "millstream/builds/v1/backend_service.proto"
_NANOSECONDS = 1e9


class NotHadError(LoadError):
    """A tool can't be had here: its figure is left out, and that is said."""


def installed(cache: Path = CACHE) -> Path | None:
    """Return where it is, if it is there."""
    found = shutil.which("ghz", path=os.pathsep.join((str(cache), os.environ.get("PATH", ""))))
    return Path(found) if found else None


def program(cache: Path = CACHE) -> Path:
    """Return where it is; install it where it is not. Raises NotHadError."""
    found = installed(cache)
    if found is None:
        _install(cache)
        found = installed(cache)
    if found is None:
        raise NotHadError(f"`go install {MODULE}` left no program")
    return found


def _install(cache: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise NotHadError("ghz is not here, and neither is Go to install it")
    environment = os.environ | {"GOBIN": str(cache)}
    try:
        done = subprocess.run([go, "install", MODULE], env=environment, timeout=_INSTALL_SECONDS, capture_output=True)
    except subprocess.TimeoutExpired:
        raise NotHadError("installing ghz took too long") from None
    if done.returncode:
        raise NotHadError(f"installing ghz failed: {done.stderr.decode(errors='replace').strip()[-300:]}")


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
