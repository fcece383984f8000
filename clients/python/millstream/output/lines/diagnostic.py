"""A message of a tool."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from millstream.builds.v1.build_log_pb2 import (
    BUILD_LOG_LEVEL_ERROR,
    BUILD_LOG_LEVEL_INFO,
    BUILD_LOG_LEVEL_WARNING,
    BuildLogLevel,
)
from millstream.output.lines.categories import Phase

INFO: Final = BUILD_LOG_LEVEL_INFO
WARNING: Final = BUILD_LOG_LEVEL_WARNING
ERROR: Final = BUILD_LOG_LEVEL_ERROR

ARROW: Final = re.compile(r" {0,20}+--> ")
"""How rustc says which place its message, the line before, is about."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What one line complains of."""

    level: BuildLogLevel
    phase: Phase | None = None
    """The phase of who speaks, where that is certain."""
    located: bool = False
    """It names a place in a source: where nothing else is known, a compiler speaks."""
    follow: re.Pattern[str] | None = None
    """The lines right after it that belong to it, up to the first that does not match: they have its level too,
    as without them it can't be understood."""
