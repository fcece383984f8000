"""`millstream db copy`: a whole store, from one database to another."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from millstream.cli.shared.declared import Argument
from millstream.cli.shared.terminal import put_text
from millstream.local.database import NOT_INSTALLED, check_is_there
from millstream.local.extras import server_extra

if TYPE_CHECKING:
    from millstream_service.store.upkeep.copying import Copied, Progress


def copy_command(
    source: Annotated[str, Argument(metavar="FROM", help="The database with the store: an SQLAlchemy URL.")],
    target: Annotated[str, Argument(metavar="TO", help="An empty database, or one with a part of this copy.")],
) -> None:
    """Copy a whole store to another database, of any engine.

    Stop the services of both first. The copy is compared with its source, and clients' tokens stay valid. To resume an
    interrupted copy, call it again; no service opens the target before the copy is finished.
    """
    with server_extra(NOT_INSTALLED):
        from millstream_service.store.upkeep.copying import copy
    check_is_there(source)
    with shown_progress() as report:
        copied = copy(source, target, report)
    put_text(describe_copy(copied))


@contextmanager
def shown_progress() -> "Iterator[Callable[[Progress], None]]":
    """Draw a bar on stderr, where that is a terminal, and give what moves it."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    from millstream.cli.shared.printable_console import PrintableConsole

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"))
    console = PrintableConsole(stderr=True)
    with Bars(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bars:
        bar = {doing: bars.add_task(doing, total=None) for doing in ("copying", "comparing")}
        yield lambda progress: bars.update(bar[progress.doing], completed=progress.rows, total=progress.of)


def describe_copy(copied: "Copied") -> str:
    """Return a line a table that has rows, and what holds of all."""
    filled = {name: one for name, one in copied.tables.items() if one.rows}
    width = max((len(f"{one.rows:,}") for one in filled.values()), default=0)
    lines = [f"{one.rows:>{width},}  {one.checksum}  {name}" for name, one in filled.items()]
    return "\n".join([*lines, f"copied revision {copied.revision:,}: both databases hold the same\n"])
