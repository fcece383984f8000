"""The table of results in a guide: `python -m tests.load.reports.table build/bench.json docs/performance.md`.

What stands between the two marks of the guide is replaced by the figures of that run; the first mark names the file, so
`make bench` and `make soak` have each a table of their own. Without the file, all stays.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.load.reports import report

END = "<!-- end of results -->"


def begin_of(run: Path) -> str:
    """Return the mark before the results of a run."""
    return f"<!-- results of make {run.stem} -->"


def filled(guide: str, begin: str, table: str) -> str:
    """Return the guide with this table behind a mark. Raises ValueError where it does not have both marks."""
    before, found, rest = guide.partition(begin)
    _, end, after = rest.partition(END)
    if not (found and end):
        raise ValueError(f"there is no place for results: it is between {begin} and {END}")
    return f"{before}{begin}\n{table}\n{end}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill the guide that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.reports.table", description=__doc__)
    parser.add_argument("file", type=Path, metavar="JSON", help="what --json of a run wrote")
    parser.add_argument("guide", type=Path, help="the guide with the two marks")
    options = parser.parse_args(arguments)
    if options.file.exists():
        table = report.to_markdown(*report.from_json(options.file.read_text()))
        options.guide.write_text(filled(options.guide.read_text(), begin_of(options.file), table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
