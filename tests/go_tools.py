"""Tools that others wrote in Go. They come through Go's module proxy into `.cache/`, where there is Go."""

import json
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache" / "bin"
_INSTALL_SECONDS = 600.0
_SHOWN = 300


class NoToolError(Exception):
    """A tool can't be had here."""


def installed(name: str, cache: Path = CACHE) -> Path | None:
    """Return where a tool is, if it is there."""
    found = shutil.which(name, path=os.pathsep.join((str(cache), os.environ.get("PATH", ""))))
    return Path(found) if found else None


def program(name: str, package: str, cache: Path = CACHE) -> Path:
    """Return where a tool is; install its package, such as `example.com/tool@v1.0.0`, where it is not.

    Raises NoToolError.
    """
    found = installed(name, cache)
    if found is None:
        _go(name, "install", package, environment={"GOBIN": str(cache)})
        found = installed(name, cache)
    if found is None:
        raise NoToolError(f"`go install {package}` left no program")
    return found


def module_folder(module: str) -> Path:
    """Return where the sources of a module are, such as `example.com/module@v1.0.0`. Raises NoToolError."""
    return Path(json.loads(_go(module, "mod", "download", "-json", module))["Dir"])


def _go(what: str, *arguments: str, environment: dict[str, str] | None = None) -> str:
    go = shutil.which("go")
    if go is None:
        raise NoToolError(f"{what} is not here, and neither is Go to install it")
    everything = os.environ | (environment or {})
    try:
        done = subprocess.run(
            [go, *arguments], env=everything, timeout=_INSTALL_SECONDS, capture_output=True, text=True, cwd="/"
        )
    except subprocess.TimeoutExpired:
        raise NoToolError(f"installing {what} took too long") from None
    if done.returncode:
        raise NoToolError(f"installing {what} failed: {done.stderr.strip()[-_SHOWN:]}")
    return done.stdout
