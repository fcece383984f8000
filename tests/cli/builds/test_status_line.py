"""The line below a log that says how the build is doing."""

import io
from collections.abc import Callable
from datetime import datetime

from rich.console import Console
from rich.text import Text

from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream.builds.v1.build_pb2 import BUILD_STATUS_COMPLETED, BUILD_STATUS_RUNNING, Build
from millstream.cli.builds.status_line import ERASE_LINE, StatusLine, build_name, final_status, running_status
from millstream.cli.shared.tally import Tally

MakeBuild = Callable[..., Build]
MakeLine = Callable[..., BuildLog]


def _tally(make_line: MakeLine, *levels: str) -> Tally:
    tally = Tally()
    tally.add(make_line(seq, level=level) for seq, level in enumerate(levels, 1))
    return tally


def test_a_running_build_shows_how_far_it_is(make_build: MakeBuild, make_line: MakeLine, now: datetime) -> None:
    build = make_build(ago=64, status=BUILD_STATUS_RUNNING, progress=0.45, version_string="1.3.1", build_number=4)
    tally = _tally(make_line, "INFO", "WARNING", "WARNING", "ERROR")
    assert running_status(build, build_name("zlib", build), tally, now).plain == (
        "● running  ━━━━━━━━━─────────── 45%  1m 04s  4 lines  2 warnings  1 error  zlib 1.3.1 #4"
    )


def test_a_build_that_says_nothing_of_its_progress_has_no_bar(
    make_build: MakeBuild, make_line: MakeLine, now: datetime
) -> None:
    build = make_build(ago=12, status=BUILD_STATUS_RUNNING)
    assert running_status(build, "zlib", _tally(make_line), now).plain == "● running  12s  0 lines  zlib"


def test_the_end_says_how_it_went(make_build: MakeBuild, make_line: MakeLine, now: datetime) -> None:
    build = make_build(ago=100, ran=72, status=BUILD_STATUS_COMPLETED, progress=1)
    assert final_status(build, "zlib", _tally(make_line, "INFO"), now).plain == "✓ completed in 1m 12s  1 line  zlib"


def test_lines_are_written_above_the_status_which_is_wiped_at_the_end() -> None:
    console = Console(file=io.StringIO(), width=20, force_terminal=True, color_system=None)
    line = StatusLine(console)
    line.write("one\n", Text("first"))
    line.write("two\n", Text("a status that is too long"))
    line.write("", None)
    line.write("", None)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == f"one\nfirst{ERASE_LINE}two\na status that is t…{ERASE_LINE}"


def test_a_build_is_called_by_what_is_known() -> None:
    assert build_name("zlib", Build()) == "zlib"
    assert build_name("", Build(version_string="1.2", build_number=3)) == "1.2 #3"
