"""What the tests of this folder share: running bytes through a parser."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from millstream import output
from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_ERROR, BUILD_LOG_LEVEL_INFO, BUILD_LOG_LEVEL_WARNING

INFO: Final = BUILD_LOG_LEVEL_INFO
WARNING: Final = BUILD_LOG_LEVEL_WARNING
ERROR: Final = BUILD_LOG_LEVEL_ERROR

LOGS: Final = Path(__file__).parent.parent / "samples" / "logs"
CLEARED_AT_START: Final = (
    *("\r\x1b[K", "\r\x1b[2K", "\x1b[2K\r"),
    *("\x1b[1G\x1b[0K", "\x1b[2K\x1b[G", "\x1b[2K\x1b[1G"),
)
"""What the progress of npm, yarn, cargo, pip and ora begins each drawing with."""


def lines_of(data: bytes | str, stream: output.Stream = "stdout") -> list[output.Line]:
    parser = output.OutputParser(stream)
    return [*parser.feed(data.encode() if isinstance(data, str) else data), *parser.close()]


def contents_of(data: bytes | str) -> list[str]:
    return [line.content for line in lines_of(data)]


def levels_and_categories(text: str, stream: output.Stream = "stdout") -> list[tuple[int, str]]:
    return [(line.level, line.category) for line in lines_of(text, stream)]


def sample(name: str) -> list[output.Line]:
    return lines_of((LOGS / name).read_bytes())
