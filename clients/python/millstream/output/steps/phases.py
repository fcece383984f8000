"""Which step of a build a line begins, and which step the other lines belong to."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.lines.diagnostic import ARROW, INFO, Diagnostic
from millstream.output.steps.cargo_steps import find_cargo_step
from millstream.output.steps.commands import find_command
from millstream.output.steps.step import Reach, Step
from millstream.output.steps.step_names import phase_of_name
from millstream.output.steps.step_openings import STEP_OPENINGS
from millstream.output.steps.verbs import find_bracket_step, find_make_step
from millstream.output.steps.xcode_steps import find_xcode_step

_GRADLE_TASK: Final = re.compile(
    r"(?:> Task )?:(\w[\w:.-]{0,300})(?: (?:UP-TO-DATE|SKIPPED|NO-SOURCE|FROM-CACHE|FAILED))?\Z"
)
_MAVEN_GOAL: Final = re.compile(
    r"(?:\[[\w .:-]{1,40}+\] )?\[INFO\] (?:-{3} ([\w.:-]{3,200}) \(|\[([\w.-]{1,100}:[\w.-]{1,100})[^\]]{0,100}\]\Z)"
)
_SETUPTOOLS: Final = re.compile(r"running (\w{2,40})\Z")
_BEFORE_MESSAGE: Final = re.compile(  # of gcc
    r"[^\s\"`;]{1,1000}?: (?:In [a-z].{1,4000}|At (?:global scope|top level)):\Z"
    r"|[^\s\"`;]{1,1000}?:\d{1,9}:\d{1,9}: {1,3}(?:recursively )?required "
)
_BEFORE_LINKER_MESSAGE: Final = re.compile(r"[^\s:\"]{0,300}?\bld(?:\.\w{1,8})?: .{1,1000}: in function ")
_BEFORE_MORE: Final = ":e"  # what such a line ends in: `In function 'f':`, `required from here`
_GUTTER: Final = re.compile(
    r"[ \t]|\d{1,9} {0,9}(?:[|~+-]|\Z)|\d{1,9} (?:errors?|warnings?)(?: generated| and |\.|,|\Z)"
)
_XCTEST_SUMMARY: Final = re.compile(r"[ \t]{1,12}Executed \d{1,9} tests?, ")
_EXECUTED: Final = Step(Phase.TEST, Reach.SELF)
_MAX_VERB_INDENT: Final = 14
_COMMAND_INDENT: Final = "    "
_LINES: Final = {phase: Step(phase, Reach.LINE) for phase in Phase}
_LINE: Final = Reach.LINE
_PLACE: Final = Diagnostic(INFO, located=True)


def find_step(text: str) -> Step | None:
    """Return the step that the line `text`, which is not blank, begins; None where it begins none."""
    first = text[0]
    if first == " " or first == "\t":
        return _indented_step(text) if text[:_MAX_VERB_INDENT].lstrip()[:1].isupper() else None
    step = STEP_OPENINGS.find(text)
    if step is not None:
        return step
    says_more = text[-1] in _BEFORE_MORE
    if first.isupper():
        return find_xcode_step(text) or (_by_context(text) if says_more else None)
    if first == "[":
        return find_bracket_step(text) or _read_name(_MAVEN_GOAL, text)
    if first in ":>" and (named := _read_name(_GRADLE_TASK, text)):
        return named
    if first == "r" and (named := _read_name(_SETUPTOOLS, text)):
        return named
    if says_more and (step := _by_context(text)):
        return step
    phase = find_command(text)
    return None if phase is None else _LINES[phase]


def _indented_step(text: str) -> Step | None:
    return find_cargo_step(text) or find_make_step(text) or (_EXECUTED if _XCTEST_SUMMARY.match(text) else None)


def _read_name(pattern: re.Pattern[str], text: str) -> Step | None:
    name = pattern.match(text)
    if name is None or name.lastindex is None:
        return None
    return _section(name[name.lastindex])


@lru_cache(maxsize=256)
def _section(name: str) -> Step:
    return Step(phase_of_name(name), Reach.SECTION)


def _by_context(text: str) -> Step | None:
    """Return the step of a line that a compiler writes before a message."""
    if _BEFORE_LINKER_MESSAGE.match(text):
        return _LINES[Phase.LINK]
    return _LINES[Phase.COMPILE] if _BEFORE_MESSAGE.match(text) else None


class PhaseTracker:
    """The phase of line after line of one stream.

    At any time there is a section, or none, and in it a step, or none. A message that names a place in a source
    opens a step of its own where there is neither, for the lines that show the source.
    """

    def __init__(self) -> None:
        self._section: Phase | None = None
        self._step: Step | None = None
        self.in_commands = False
        """The next line may be a command of the step before it."""
        self._speaks_rust = False  # rustc does not name the place in the message itself
        self._after_place = False  # the next line shows the source, even if it is not indented

    def skip_blank(self) -> None:
        """Take note of a blank line."""
        self._step = None
        self.in_commands = self._after_place = False

    def is_command(self, text: str) -> bool:
        """Return whether `text`, a line where `in_commands`, is a command that the step before it runs."""
        self.in_commands = text.startswith(_COMMAND_INDENT)
        return self.in_commands

    @property
    def current(self) -> Phase | None:
        """The phase of a line that neither begins nor ends anything."""
        return self._section if self._step is None else self._step.phase

    def advance(self, text: str, step: Step | None, diagnostic: Diagnostic | None) -> Phase | None:
        """Return the phase of `text`, which begins `step` and says `diagnostic`, as far as it does either."""
        after_place, self._after_place = self._after_place, False
        if step is not None:
            return self._begin(step)
        if diagnostic is not None:
            return self._say(diagnostic)
        if text[0] == " " and ARROW.match(text):
            self._speaks_rust = True
            return self._say(_PLACE)
        if self._step is None:
            return self._section
        if self._step.reach is _LINE and not after_place and not _GUTTER.match(text):
            self._step = None
            return self._section
        return self._step.phase

    def _begin(self, step: Step) -> Phase | None:
        in_block = self._step is not None and self._step.reach is Reach.BLOCK
        if step.reach is Reach.SELF or (step.reach is Reach.LINE and in_block):
            return step.phase
        self.in_commands = step.prints_commands
        self._step = step if step.reach in (Reach.LINE, Reach.BLOCK) else None
        if step.reach in (Reach.BLOCK, Reach.SECTION, Reach.END):
            self._section = step.phase if step.reach is Reach.SECTION else None
        return step.phase

    def _say(self, diagnostic: Diagnostic) -> Phase | None:
        self._after_place = located = diagnostic.located or (self._speaks_rust and diagnostic.follow is ARROW)
        phase = diagnostic.phase or (Phase.COMPILE if located else None)
        if phase is not None and self._step is None and self._section is None:
            self._step = Step(phase, Reach.LINE)
        return diagnostic.phase or self.current
