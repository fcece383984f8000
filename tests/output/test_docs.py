"""docs/build-output.md tells of each phase, and its figures are those of the code."""

import re
from pathlib import Path

from millstream.output import MAX_CONTENT_BYTES, Phase, parser
from millstream.output.lines import row

DOC = (Path(__file__).parents[2] / "docs" / "build-output.md").read_text()


def test_each_phase_is_told_and_no_other() -> None:
    table = DOC.partition("| phase |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(Phase)


def test_the_limits_are_those_of_the_code() -> None:
    assert f"more than {MAX_CONTENT_BYTES >> 20} MiB of UTF-8" in DOC
    assert f"the first {parser._LOOKED_AT:,} characters" in DOC.replace("\n", " ")
    assert f"goes back {row._REACH:,} characters at most" in DOC.replace("\n", " ")
    assert f"ends {row._WIDTH} characters from" in DOC.replace("\n", " ")
