"""One row of the table of messages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from millstream.builds.v1.build_log_pb2 import BuildLogLevel
from millstream.output.lines.categories import Phase
from millstream.output.lines.diagnostic import ERROR, INFO, WARNING, Diagnostic

_LEVELS: Final = {"error": ERROR, "warning": WARNING, "note": INFO}
_NAMED_GROUP: Final = re.compile(r"\(\?P<(?:error|warning|note)>")


@dataclass(frozen=True)
class Row:
    """A form of message.

    `pattern` is tried at the start of a line, behind indentation and the tags of tools that run other tools, or, with
    `anywhere`, in all of it. It may have groups named `error`, `warning` and `note`: the one that took part gives the
    level. It has no other groups; what repeats in it is bounded or possessive.
    """

    tool: str
    """Who writes it, or what it is about."""
    pattern: str
    level: BuildLogLevel | None = None
    """What it is; None where the pattern's groups tell."""
    first: str = ""
    """The characters that a match can begin with. Most rows have them: such a row costs nothing elsewhere."""
    holds: str | tuple[str, ...] = ()
    """Where a match can begin with anything: a text that each has in it, or several of which each has one."""
    placed: bool = False
    """With `holds`: its lines have a number right behind a colon, too."""
    anywhere: bool = False
    unless_behind: re.Pattern[str] | None = None
    """With `anywhere`: what must not stand before the match. A quotation mark that begins the line may, if the match
    begins with the one that ends it."""
    phase: Phase | None = None
    located: bool = False
    follow: re.Pattern[str] | None = None
    """As in `Diagnostic`."""
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """Lines that this row is made for, and that no earlier one takes: an error, a warning, or of no weight."""
    others: tuple[str, ...] = field(default=(), kw_only=True)
    """Lines that look alike and are nothing."""

    def __post_init__(self) -> None:
        if bool(self.first) == bool(self.holds):
            raise ValueError(f"{self.tool}: a row has either `first` or `holds`")
        if any(isinstance(lines, str) for lines in (self.errors, self.warnings, self.notes, self.others)):
            raise ValueError(f"{self.tool}: one line, too, is written as a tuple")

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern, compiled when it is first needed: a run of one tool needs few."""
        return re.compile(self.pattern)

    @property
    def pattern_without_groups(self) -> str:
        """The pattern, to be put together with others."""
        return _NAMED_GROUP.sub("(?:", self.pattern)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """`holds` as a tuple."""
        return tuple(filter(None, (self.holds,) if isinstance(self.holds, str) else self.holds))

    def find(self, text: str) -> Diagnostic | None:
        """Return what `text` says, if it has this form."""
        match = self.compiled.search(text) if self.anywhere else self.compiled.match(text)
        if match is None or (self.unless_behind is not None and self._is_behind(match)):
            return None
        return self._diagnostics[match.lastgroup]

    def _is_behind(self, match: re.Match[str]) -> bool:
        text, start = match.string, match.start()
        quoted = text[0] == text[start] == '"'
        return self.unless_behind is not None and self.unless_behind.search(text, int(quoted), start) is not None

    @cached_property
    def _diagnostics(self) -> dict[str | None, Diagnostic]:
        says = Diagnostic(self.level or INFO, self.phase, self.located, self.follow)
        return {None: says} | {name: replace(says, level=level) for name, level in _LEVELS.items()}


def failed_test(
    tool: str,
    pattern: str,
    *errors: str,
    first: str = "",
    holds: str | tuple[str, ...] = "",
    others: tuple[str, ...] = (),
) -> Row:
    """Return a row for the failures that a test runner tells of."""
    return Row(tool, pattern, ERROR, first=first, holds=holds, phase=Phase.TEST, errors=errors, others=others)
