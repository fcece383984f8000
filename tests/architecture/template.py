"""The blocks of CONTRIBUTING's template for an entity: each with the file that it makes or changes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NEXT_HUNK = "@@"


@dataclass(frozen=True)
class Block:
    """What a block says of a file: all that is in it, or (`diff`) what changes."""

    language: str
    path: str
    text: str

    def write(self, root: Path) -> None:
        """Make the file, or change it. Raises AssertionError where it is there already, or has not what is changed."""
        path = root / self.path
        assert path.exists() == (self.language == "diff"), self.path
        path.write_text(self._changed(path.read_text("utf-8")) if path.exists() else self.text, "utf-8")

    def _changed(self, text: str) -> str:
        for before, after in _hunks(self.text):
            assert f"\n{text}".count(f"\n{before}") == 1, f"{self.path} has not once:\n{before}"
            text = f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:]
        return text


def _hunks(diff: str) -> Iterator[tuple[str, str]]:
    """Yield what each hunk finds, and what it puts in its place."""
    for hunk in diff.split(f"{_NEXT_HUNK}\n"):
        lines = hunk.splitlines(keepends=True)
        assert {line[0] for line in lines} <= {" ", "+", "-"}
        yield (
            "".join(line[1:] for line in lines if line[0] != "+"),
            "".join(line[1:] for line in lines if line[0] != "-"),
        )


def blocks(text: str, newest: str) -> list[Block]:
    """Return the blocks with a path. `newest`: the number of the newest migration, which the template leaves open."""
    text = text.replace("NEWEST", newest).replace("NNNN", f"{int(newest) + 1:04}")
    return [Block(*found.groups()) for found in _BLOCK.finditer(text)]
