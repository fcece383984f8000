"""`millstream tail`: the lines of a build's log, as they come."""

import sys
import threading
from typing import TYPE_CHECKING, Annotated, TypeVar

from millstream.cli.shared.declared import Option
from millstream.cli.shared.options import (
    MAX_NUMBER,
    AddressOption,
    BuildArgument,
    DatabaseOption,
    JsonOption,
    LevelOption,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from millstream import Client
    from millstream.builds.v1.build_log_pb2 import BuildLog
    from millstream.builds.v1.build_pb2 import Build

T = TypeVar("T")


def tail_command(
    build: BuildArgument,
    follow: Annotated[
        bool, Option("--follow/--no-follow", help="Follow until the build has ended, or stop after the last line.")
    ] = True,
    after: Annotated[int, Option(metavar="SEQ", min=0, max=MAX_NUMBER, help="Start after this line number.")] = 0,
    level: LevelOption = None,
    category: Annotated[str | None, Option(metavar="NAME", help="Only lines of this category, such as stderr.")] = None,
    json: JsonOption = False,
    timestamps: Annotated[bool, Option("--timestamps", help="Start each line with its time.")] = False,
    address: AddressOption = None,
    db: DatabaseOption = None,
) -> None:
    """Print a build's log, and follow it while the build runs.

    A pipe or a file gets the lines exactly as recorded. On a terminal they are coloured by level, and a line at the
    bottom shows the build's state.
    """
    from millstream.cli.builds.reference import find_build
    from millstream.cli.shared.style import least_level
    from millstream.cli.shared.terminal import is_terminal
    from millstream.local.finding import open_client

    with open_client(address, db) as client:
        found = find_build(client, build)
        lines = client.builds.tail_build_logs(
            found.id,
            after_seq=after,
            include_debug=True,
            min_level=least_level(level),
            category=category,
            follow=follow,
        )
        if json or not is_terminal():
            pipe_lines(lines, json=json, timestamps=timestamps)
        else:
            watch_lines(client, found, lines, follow=follow, timestamps=timestamps)


def pipe_lines(lines: "Iterable[BuildLog]", *, json: bool, timestamps: bool) -> None:
    """Write each line as soon as it comes, byte for byte, or an object a line."""
    from millstream.cli.logs.log_text import piped_text
    from millstream.cli.logs.tail_inbox import TailInbox
    from millstream.cli.shared.json_output import json_line
    from millstream.cli.shared.terminal import put_raw, put_text

    inbox = TailInbox()
    _start(inbox.feed_lines, lines)
    ended = False
    while not ended:
        taken = inbox.take()
        texts = [json_line(line) if json else piped_text(line, timestamps=timestamps) for line in taken.lines]
        (put_text if json else put_raw)("".join(f"{text}\n" for text in texts))
        sys.stdout.flush()
        ended = taken.ended


def watch_lines(
    client: "Client", build: "Build", lines: "Iterable[BuildLog]", *, follow: bool, timestamps: bool
) -> None:
    """Write the lines to a terminal, with a status below them as long as the build runs."""
    from millstream.cli.builds.origin import find_origin
    from millstream.cli.logs.tail_inbox import TailInbox
    from millstream.cli.logs.tail_screen import TailScreen
    from millstream.cli.shared.style import ENDED

    inbox = TailInbox()
    _start(inbox.feed_lines, lines)
    if follow and build.status not in ENDED:
        _start(inbox.feed_builds, client.builds.watch_build(build.id, min_interval=0.2))
    screen = TailScreen(build, find_origin(client, build.scheme_id).project.name, follow=follow, timestamps=timestamps)
    screen.show_all(inbox)
    if follow:
        screen.show_end(client.builds.get_build(build.id))


def _start(feed: "Callable[[Iterable[T]], None]", source: "Iterable[T]") -> None:
    threading.Thread(target=feed, args=(source,), daemon=True).start()
