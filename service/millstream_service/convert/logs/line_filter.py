"""Which lines of a log are asked for."""

from dataclasses import dataclass

from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogLevel
from millstream_service.convert import fields
from millstream_service.convert.logs.logs import ANY_CATEGORY, LEVELS
from millstream_service.store.logs.logs import Chunk

_ALL_LEVELS = sum(1 << level for level in LEVELS)
_DEBUG = BuildLogLevel.BUILD_LOG_LEVEL_DEBUG


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines are asked for: those whose level's bit is in `levels`, and of one category or of any (None)."""

    levels: int = _ALL_LEVELS
    category: str | None = None

    def takes_all(self, chunk: Chunk) -> bool:
        """Return whether every line of the chunk fits, as far as the chunk itself tells."""
        if chunk.levels & ~self.levels or self.category == ANY_CATEGORY:
            return False
        return self.category in (None, chunk.categories)

    def takes_none(self, chunk: Chunk) -> bool:
        """Return whether surely no line of the chunk fits."""
        if not chunk.levels & self.levels:
            return True
        if self.category is None or chunk.categories == ANY_CATEGORY:
            return False
        return self.category not in chunk.categories.split("\n")

    def fits(self, line: BuildLog) -> bool:
        """Return whether a line is asked for."""
        return bool(self.levels >> line.level & 1) and self.category in (None, line.category)


ANY_LINE = LineFilter()


def line_filter(min_level: int, category: str | None, *, debug: bool = True) -> LineFilter:
    """Return the filter for a request's fields. Lines of level DEBUG come with `debug`, or where it is the least level.

    Raises ValidationFailedError for a level that the enum does not have.
    """
    fields.known("min_level", BuildLogLevel, min_level)
    levels = sum(1 << level for level in LEVELS if level >= min_level)
    if not debug and min_level != _DEBUG:
        levels &= ~(1 << _DEBUG)
    return LineFilter(levels, category)
