"""What part of a build a line comes from: the phase that it shows, and the stream that it came by.

A log line has one `category`. It is built so that neither fact hides the other:

- `stdout` and `stderr` where no phase is known;
- the phase alone, `compile`, for a line of stdout;
- `stderr.` and the phase, `stderr.compile`, for a line of stderr.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

Stream = Literal["stdout", "stderr"]

_STDERR_PREFIX: Final = "stderr."


class Phase(StrEnum):
    """A part of a build, the same for every tool."""

    RESOLVE = "resolve"
    """Finding and fetching dependencies."""
    CONFIGURE = "configure"
    """Looking at the machine, choosing settings."""
    PREPARE = "prepare"
    """Planning, folders, links, generated files."""
    COMPILE = "compile"
    """Sources to objects, and what compilers say."""
    LINK = "link"
    """Objects to libraries and programs, and what linkers say."""
    RESOURCE = "resource"
    """Everything that is shipped and not code."""
    SCRIPT = "script"
    """The project's own scripts, run by the build tool."""
    CODESIGN = "codesign"
    """Signatures, entitlements, provisioning."""
    PACKAGE = "package"
    """Archives, bundles, wheels, and the checks on them."""
    INSTALL = "install"
    """Putting the product where it is used."""
    TEST = "test"
    """Tests, and all that is written while they run."""
    LINT = "lint"
    """Style checkers and static analysis that run as a step of their own."""
    DOCS = "docs"
    """Making documentation."""
    CLEAN = "clean"
    """Removing what an earlier build made."""


def category(stream: Stream, phase: Phase | None) -> str:
    """Return the category of a line of `stream` in `phase`; None: no phase is known."""
    if phase is None:
        return stream
    return phase.value if stream == "stdout" else _STDERR_PREFIX + phase.value


def stream_of(category: str) -> Stream:
    """Return the stream that a line of `category` came by."""
    return "stderr" if category == "stderr" or category.startswith(_STDERR_PREFIX) else "stdout"


def phase_of(category: str) -> Phase | None:
    """Return the phase in `category`; None where it has none, or one that is not in `Phase`."""
    try:
        return Phase(category.removeprefix(_STDERR_PREFIX))
    except ValueError:
        return None
