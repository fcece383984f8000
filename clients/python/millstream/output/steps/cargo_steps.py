"""The steps of cargo: a verb that ends at the twelfth column, then what it works on."""

from __future__ import annotations

import re
from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.steps.step import Reach, Step

_COLUMN: Final = 12
_VERSION: Final = re.compile(r" v\d")

_SELF: Final = Reach.SELF
_PACKAGE_VERBS: Final = {  # `   Compiling serde v1.0.219`
    "Downloaded": Step(Phase.RESOLVE, _SELF),
    "Adding": Step(Phase.RESOLVE, _SELF),
    "Removing": Step(Phase.RESOLVE, _SELF),
    "Fresh": Step(Phase.COMPILE, _SELF),
    "Dirty": Step(Phase.COMPILE, _SELF),
    "Compiling": Step(Phase.COMPILE, Reach.SECTION),
    "Checking": Step(Phase.COMPILE, Reach.SECTION),
    "Documenting": Step(Phase.DOCS, Reach.SECTION),
    "Packaging": Step(Phase.PACKAGE, Reach.SECTION),
    "Verifying": Step(Phase.PACKAGE, Reach.SECTION),
    "Installing": Step(Phase.INSTALL, Reach.SECTION),
    "Installed": Step(Phase.INSTALL, _SELF),
    "Uploading": Step(Phase.INSTALL, Reach.SECTION),
}
_OTHER_VERBS: Final = {
    "Updating": Step(Phase.RESOLVE, _SELF),
    "Downloading": Step(Phase.RESOLVE, _SELF),
    "Locking": Step(Phase.RESOLVE, _SELF),
    "Blocking": Step(Phase.RESOLVE, _SELF),
    "Building": Step(Phase.COMPILE, _SELF),
    "Doc-tests": Step(Phase.TEST, Reach.SECTION),
    "Finished": Step(None, Reach.END),
}
_RUNS_TESTS: Final = Step(Phase.TEST, Reach.SECTION)  # `     Running unittests src/lib.rs (target/…)`
_RUNS_RUSTC: Final = Step(Phase.COMPILE, _SELF)  # `     Running `rustc --crate-name …``
_RUNS_PROGRAM: Final = Step(None, Reach.END)  # `     Running `target/debug/x``


def find_cargo_step(text: str) -> Step | None:
    """Return the step of cargo that `text`, which begins with a space, begins; None where it is none."""
    if text[_COLUMN : _COLUMN + 1] != " " or text[_COLUMN - 1] == " ":
        return None
    verb = text[:_COLUMN].strip(" ")
    if verb == "Running":
        return _running(text)
    if verb in _PACKAGE_VERBS:
        return _PACKAGE_VERBS[verb] if _VERSION.search(text, _COLUMN) else None
    return _OTHER_VERBS.get(verb)


def _running(text: str) -> Step:
    if not text.startswith("`", _COLUMN + 1):
        return _RUNS_TESTS
    return _RUNS_RUSTC if "rustc " in text else _RUNS_PROGRAM
