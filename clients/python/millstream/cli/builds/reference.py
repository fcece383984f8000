"""Finding the build that a person means.

`ID` or its beginning, `latest` (or `last`), `NUMBER` or `#NUMBER`, and of one project `PROJECT/latest` and
`PROJECT/NUMBER`, where PROJECT is a project's id or name. What was typed must mean one build, never several.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from millstream.builds.v1.build_pb2 import Build
from millstream.builds.v1.project_pb2 import Project
from millstream.cli.builds.origin import find_origins
from millstream.cli.builds.row import build_row, plain_table
from millstream.cli.shared.errors import CommandError, NotThereError
from millstream.cli.shared.short_id import known_ids

if TYPE_CHECKING:
    from millstream import Client

NEWEST = frozenset({"latest", "last"})
_NUMBER = re.compile(r"#?(?P<number>[0-9]{1,18})")
MAX_CANDIDATES = 10


def find_build(client: "Client", reference: str) -> Build:
    """Return the build that is meant.

    Raises NotThereError where there is none, CommandError where there are several.
    """
    if reference in NEWEST:
        return _only_newest(
            client.builds.list_builds(page_size=1), "there are no builds yet - record one with: millstream run"
        )
    exact = _by_id(client, reference)
    if exact is not None:
        return exact
    project, _, rest = reference.rpartition("/")
    if project and (rest in NEWEST or _NUMBER.fullmatch(rest)):
        return _of_project(client, find_project(client, project), rest)
    return _by_beginning(client, reference)


def find_project(client: "Client", reference: str) -> Project:
    """Return the project of this id, or the only one of this name."""
    from millstream.errors import NotFoundError, ValidationFailedError

    try:
        return client.builds.get_project(reference)
    except (NotFoundError, ValidationFailedError):
        named = [
            project for project in client.builds.list_projects() if reference in {project.name, project.display_name}
        ]
    if len(named) == 1:
        return named[0]
    if named:
        ids = ", ".join(project.bundle_identifier for project in named)
        raise CommandError(f"several projects are named {reference}: name one by its id: {ids}")
    raise NotThereError(f"there is no project {reference}")


def _by_id(client: "Client", reference: str) -> Build | None:
    from millstream.errors import NotFoundError, ValidationFailedError

    try:
        return client.builds.get_build(reference)
    except (NotFoundError, ValidationFailedError):
        return None


def _of_project(client: "Client", project: Project, rest: str) -> Build:
    builds = client.builds.list_builds(project_id=project.bundle_identifier, page_size=1 if rest in NEWEST else 1_000)
    if rest in NEWEST:
        return _only_newest(builds, f"project {project.name} has no builds yet")
    return _only(client, f"{project.name}/{rest}", _find_numbered(builds, rest))


def _by_beginning(client: "Client", reference: str) -> Build:
    """By the beginning of the id; a number that no id begins with is a build number."""
    builds = list(client.builds.list_builds(page_size=1_000))
    found = [build for build in builds if build.id.startswith(reference)] if reference else []
    return _only(client, reference, found or _find_numbered(builds, reference))


def _find_numbered(builds: Iterable[Build], text: str) -> list[Build]:
    match = _NUMBER.fullmatch(text)
    return [build for build in builds if match and build.build_number == int(match["number"])]


def _only_newest(builds: Iterator[Build], otherwise: str) -> Build:
    newest = next(builds, None)
    if newest is None:
        raise NotThereError(otherwise)
    return newest


def _only(client: "Client", reference: str, found: Sequence[Build]) -> Build:
    if not found:
        raise NotThereError(f"there is no build {reference} - see them with: millstream builds")
    if len(found) > 1:
        raise CommandError(f"{reference} may be any of {len(found)} builds: say which\n{_candidates(client, found)}")
    return found[0]


def _candidates(client: "Client", found: Sequence[Build]) -> str:
    """Return a table of these builds, the newest of them if they are many."""
    shown = found[:MAX_CANDIDATES]
    origins = find_origins(client, shown)
    short = known_ids(client, found)
    now = datetime.now(UTC)
    rows = [build_row(build, origins[build.scheme_id], short.of(build.id), now) for build in shown]
    left_out = ["…"] if len(shown) < len(found) else []
    return "\n".join([*plain_table(rows), *left_out])
