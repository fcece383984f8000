"""The name of a repository on GitHub."""

import re
from typing import NamedTuple, Self

_NAME = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9_-]{0,254}))/([A-Za-z0-9._-]{1,100})")


class Repository(NamedTuple):
    """A repository: `octocat/hello-world`. GitHub takes upper and lower case for the same."""

    owner: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read OWNER/REPO. Raises ValueError for anything else."""
        match = _NAME.fullmatch(text)
        if match is None or match[2] in {".", ".."}:
            raise ValueError(f"{text!r} is not a repository: give it as OWNER/REPO")
        return cls(*match.groups())

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"
