"""A step of a build, and how far it goes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from millstream.output.lines.categories import Phase


class Reach(Enum):
    """Which of the lines after a step's first one belong to the step."""

    SELF = auto()
    """None: what went on before goes on after it."""
    BREAK = auto()
    """None, and the step that it stands in is over. The section goes on."""
    LINE = auto()
    """Those that are indented, and messages. Then what went on before goes on. In a block: as SELF."""
    BLOCK = auto()
    """All, up to a blank line or the next block or section."""
    SECTION = auto()
    """All, blank lines too, up to the next block or section. Steps of a line may stand in it."""
    END = auto()
    """None, and what went on before is over."""


@dataclass(frozen=True, slots=True)
class Step:
    """The beginning of a step; `phase` is None where a step begins of which we don't know what it does."""

    phase: Phase | None
    reach: Reach
    prints_commands: bool = False
    """The lines right after it that are indented by four are the commands that it runs: never messages."""
