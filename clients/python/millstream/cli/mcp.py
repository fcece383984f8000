"""`millstream mcp`: the record of builds as tools for coding agents."""

import asyncio
import signal
from typing import Annotated

from millstream.cli.shared.declared import Option
from millstream.cli.shared.options import AddressOption, DatabaseOption
from millstream.local.destination import destination
from millstream.local.extras import extra


def mcp_command(
    instance: Annotated[
        str,
        Option(
            metavar="ID",
            envvar="MILLSTREAM_INSTANCE",
            show_envvar=False,
            help="The instance that the agent is already registered as (or MILLSTREAM_INSTANCE).",
        ),
    ] = "",
    address: AddressOption = None,
    db: DatabaseOption = None,
) -> None:
    """Serve the Model Context Protocol on stdin and stdout.

    For clients of that protocol, which start it themselves: coding agents find out why a build failed, read logs and
    crash reports, and record what they do. Ends when its stdin is closed. A service given here need not answer yet.
    """
    with extra("mcp", "the Model Context Protocol can't be served"):
        from millstream.mcp.serving import serve
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # or the thread that waits for stdin would keep us from ending
    asyncio.run(serve(destination(address, db), instance))
