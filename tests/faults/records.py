"""What the tests store: projects, builds, and logs whose lines tell their own number."""

import random
from collections.abc import Callable, Iterable

from millstream import AsyncClient, Build, BuildLog, Project, Scheme

PROJECT, SCHEME = "faults", "faults-scheme"


async def new_build(client: AsyncClient) -> str:
    """Create a build, and its project and scheme where they are not there. Returns its id."""
    async for project in client.builds.list_projects():
        if project.bundle_identifier == PROJECT:
            break
    else:
        await client.builds.create_project(
            Project(bundle_identifier=PROJECT, name="Faults"), [Scheme(id=SCHEME, name="all")]
        )
    return (await client.builds.create_build(Build(scheme_id=SCHEME, version_string="1.0"))).build.id


def at(progress: float) -> Callable[[Build | None], bool]:
    """Return what tells whether a build has come so far."""
    return lambda build: build is not None and build.progress == progress


def numbered(number: int, size: int = 0, writer: str = "") -> str:
    """Return a line that starts with its number and, for its `size` in characters, can hardly be compressed."""
    start = f"{number} {writer} "
    return start + _noise(number, size - len(start))


def _noise(seed: int, size: int) -> str:
    return random.Random(seed).randbytes(max(size, 0) // 2 + 1).hex()[: max(size, 0)]


def number_of(content: str) -> int:
    """Return the number that a line was made with."""
    return int(content[: content.index(" ")])


async def fill(client: AsyncClient, build_id: str, count: int, size: int) -> None:
    """Write lines 1 to `count` of `size` characters to a log."""
    async with client.builds.log_writer(build_id) as log:
        for number in range(1, count + 1):
            await log.write(numbered(number, size))


def assert_whole(lines: Iterable[BuildLog], count: int, size: int = 0, first: int = 1) -> None:
    """Check that these are the lines `first` to `count` that `fill` wrote: none missing, twice, or out of order."""
    seen = [(line.seq, line.content) for line in lines]
    assert [seq for seq, _ in seen] == list(range(first, count + 1))
    wrong = [seq for seq, content in seen if content != numbered(seq, size)]
    assert not wrong, f"lines {wrong[:5]} are not as they were written"
