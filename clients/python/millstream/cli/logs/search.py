"""`millstream search`: lines that hold a text, in one log or in all."""

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

from millstream.cli.shared.declared import Argument, Option
from millstream.cli.shared.options import AddressOption, DatabaseOption, JsonOption, LevelOption, ProjectOption

if TYPE_CHECKING:
    from millstream import Client
    from millstream.builds.v1.backend_service_pb2 import SearchHit


def search_command(
    text: Annotated[str, Argument(metavar="TEXT", help="The text to find.")],
    build: Annotated[
        str | None, Option(metavar="BUILD", help="Only this build, named as for 'millstream tail'.")
    ] = None,
    project: ProjectOption = None,
    regex: Annotated[bool, Option("--regex", "-e", help="TEXT is a regular expression, in the syntax of RE2.")] = False,
    ignore_case: Annotated[bool, Option("--ignore-case", "-i", help="Ignore upper and lower case.")] = False,
    level: LevelOption = None,
    context: Annotated[
        int, Option("--context", "-C", metavar="N", min=0, max=100, help="Also show N lines before and after.")
    ] = 0,
    limit: Annotated[int, Option(metavar="N", min=1, max=100_000, help="Maximum number of hits.")] = 1_000,
    json: JsonOption = False,
    address: AddressOption = None,
    db: DatabaseOption = None,
) -> None:
    """Search logs for a text.

    Searches the logs of all builds, newest build first, or of one build or project. Prints BUILD:LINE: and the line,
    like grep. Exits with 1 if nothing was found.
    """
    from millstream.cli.shared.errors import BadUsageError
    from millstream.cli.shared.style import least_level
    from millstream.cli.shared.tally import format_count
    from millstream.cli.shared.terminal import put_note, put_warning
    from millstream.local.finding import open_client

    if build and project:
        raise BadUsageError("--build and --project exclude each other: a build belongs to one project")
    query = {
        "query": text,
        "regex": regex,
        "ignore_case": ignore_case,
        "min_level": least_level(level),
        "context_lines": context,
    }
    expired: list[str] = []
    with open_client(address, db) as client:
        hits = islice(find_hits(client, query | {"expired": expired}, build, project, limit), limit)
        found = print_json(hits) if json else print_hits(client, hits, query)
    if expired:
        put_warning(f"{format_count(len(expired), 'log')} could not be searched: expired")
    if found == limit:
        put_note(f"stopped after {format_count(limit, 'hit')}; --limit asks for more")
    raise SystemExit(0 if found else 1)


def find_hits(
    client: "Client", query: dict[str, Any], build: str | None, project: str | None, limit: int
) -> "Iterator[SearchHit]":
    """Return the hits in one build, in one project, or in everything; newest build first."""
    from millstream.cli.builds.reference import find_build, find_project

    if build:
        return client.builds.search_build_logs(build_id=find_build(client, build).id, limit=limit, **query)
    if project:
        project_id = find_project(client, project).bundle_identifier
        return client.builds.search_build_logs(project_id=project_id, limit=limit, **query)
    return find_everywhere(client, query, limit)


def find_everywhere(client: "Client", query: dict[str, Any], limit: int) -> "Iterator[SearchHit]":
    """Build after build, newest first, whatever project it is of: the service searches one project at most."""
    from millstream.errors import BuildNotFoundError

    left = limit
    for build in client.builds.list_builds():
        try:
            for hit in client.builds.search_build_logs(build_id=build.id, limit=left, **query):
                left -= 1
                yield hit
        except BuildNotFoundError:  # it was deleted since it was listed
            continue
        if not left:
            return


def print_json(hits: "Iterator[SearchHit]") -> int:
    """Print each hit as an object; returns how many there were."""
    from millstream.cli.shared.json_output import json_line
    from millstream.cli.shared.terminal import put_line

    counted = Counted(hits)
    for hit in counted:
        put_line(json_line(hit))
        sys.stdout.flush()
    return counted.number


def print_hits(client: "Client", hits: "Iterator[SearchHit]", query: dict[str, Any]) -> int:
    """Print the hits as grep does; returns how many there were."""
    from millstream.cli.logs.hit_text import coloured_hits, match_spans, piped_hits
    from millstream.cli.shared.short_id import known_ids
    from millstream.cli.shared.terminal import is_terminal, put_raw, stdout_console

    counted = Counted(hits)
    short = known_ids(client)
    in_groups = query["context_lines"] > 0
    if is_terminal():
        spans = match_spans(query["query"], regex=query["regex"], ignore_case=query["ignore_case"])
        console = stdout_console()
        for text in coloured_hits(counted, short, spans, in_groups=in_groups):
            console.print(text, soft_wrap=True)
    else:
        for line in piped_hits(counted, short, in_groups=in_groups):
            put_raw(f"{line}\n")
    return counted.number


class Counted:
    """Hits on their way, counted as they pass."""

    def __init__(self, hits: "Iterable[SearchHit]") -> None:
        self._hits = hits
        self.number = 0

    def __iter__(self) -> "Iterator[SearchHit]":
        for hit in self._hits:
            self.number += 1
            yield hit
