"""How many lines of each level there were."""

from collections import Counter
from collections.abc import Iterable

from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_ERROR, BUILD_LOG_LEVEL_WARNING, BuildLog, BuildLogLevel
from millstream.cli.shared.style import level_name


class Tally:
    """Counts lines by level."""

    def __init__(self) -> None:
        self._by_level: Counter[BuildLogLevel] = Counter()

    def add(self, lines: Iterable[BuildLog]) -> None:
        """Count these too."""
        self._by_level.update(line.level for line in lines)

    @property
    def total(self) -> int:
        """All lines."""
        return self._by_level.total()

    @property
    def warnings(self) -> int:
        """Those of level WARNING."""
        return self._by_level[BUILD_LOG_LEVEL_WARNING]

    @property
    def errors(self) -> int:
        """Those of level ERROR."""
        return self._by_level[BUILD_LOG_LEVEL_ERROR]

    def by_level(self) -> dict[str, int]:
        """Return the counts of the levels that occurred, lowest level first."""
        return {level_name(level): count for level, count in sorted(self._by_level.items())}


def format_count(number: int, noun: str) -> str:
    """`1 error`, `1,234 lines`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
