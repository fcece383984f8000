"""Which cases of the suite do not pass, and why. `python -m tests.conformance.known` prints them as docs show them."""

import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Failing:
    """Cases by patterns of the suite's, and why they fail. `run`: they are tried all the same, and have to fail."""

    cases: Sequence[str]
    reason: str
    run: bool = True


def known() -> Mapping[str, Sequence[Failing]]:
    """Return them by the name of the transport."""
    tables = tomllib.loads((FOLDER / "known_failing.toml").read_text(encoding="utf-8"))
    return {transport: [Failing(**row) for row in rows] for transport, rows in tables.items()}


def table() -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield "| transport | cases | why they fail |"
    yield "|-|-|-|"
    for transport, rows in known().items():
        for row in rows:
            cases = ", ".join(f"`{one}`" for one in row.cases)
            yield f"| {transport} | {cases}{'' if row.run else ' (not run)'} | {row.reason} |"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in table())
