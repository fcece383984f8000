"""The table of results in a guide: `python -m tests.load.table build/bench.json docs/performance.md`.

What stands between the two marks of the guide is replaced by the figures of that run. Without the file, all stays.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.load import report

BEGIN, END = "<!-- results of make bench -->", "<!-- end of results -->"


def filled(guide: str, table: str) -> str:
    """Return the guide with this table. Raises ValueError where it does not have the marks."""
    before, begin, rest = guide.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"there is no place for results: it is between {BEGIN} and {END}")
    return f"{before}{begin}\n{table}\n{end}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill the guide that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.table", description=__doc__)
    parser.add_argument("file", type=Path, metavar="JSON", help="what --json of a run wrote")
    parser.add_argument("guide", type=Path, help="the guide with the two marks")
    options = parser.parse_args(arguments)
    if options.file.exists():
        table = report.to_markdown(*report.from_json(options.file.read_text()))
        options.guide.write_text(filled(options.guide.read_text(), table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
