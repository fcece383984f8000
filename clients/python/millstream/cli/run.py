"""`millstream run -- COMMAND`."""

import os
import time
from pathlib import Path
from typing import Annotated

from millstream.cli.shared.declared import Argument, Option
from millstream.cli.shared.errors import BadUsageError
from millstream.cli.shared.labels import parse_labels
from millstream.cli.shared.options import MAX_NUMBER, AddressOption, DatabaseOption, seconds
from millstream.local.destination import destination

Command = Annotated[
    list[str], Argument(metavar="COMMAND...", help="The command to run, with its arguments.", show_default=False)
]
ProjectOption = Annotated[
    str | None,
    Option("--project", metavar="ID", help="The project's bundle identifier. Default: from the folder."),
]
SchemeOption = Annotated[
    str | None, Option("--scheme", metavar="NAME", help="The scheme's name. Default: from the folder.")
]
VersionOption = Annotated[
    str | None, Option("--version", metavar="V", help="The version built. Default: git's newest tag.")
]
NumberOption = Annotated[
    int | None,
    Option(
        "--build-number",
        metavar="N",
        min=0,
        max=MAX_NUMBER,
        help="The build's number. Default: the project's next one.",
    ),
]
LabelOption = Annotated[
    list[str] | None,
    Option("--label", metavar="KEY=VALUE", help="A label to find the build by; may be repeated."),
]
WaitOption = Annotated[
    float,
    seconds("--wait", "How long to wait, after the command, for a silent service. A later run sends the rest."),
]
GraceOption = Annotated[float, seconds("--grace", "Time from SIGTERM to SIGKILL for a cancelled command.")]
QuietOption = Annotated[bool, Option("--quiet", "-q", help="Print nothing, not even that nothing was recorded.")]
VerboseOption = Annotated[
    bool, Option("--verbose", "-v", help="Print what is recorded even if stderr is not a terminal.")
]


def run_command(
    command: Command,
    project: ProjectOption = None,
    scheme: SchemeOption = None,
    version: VersionOption = None,
    build_number: NumberOption = None,
    label: LabelOption = None,
    address: AddressOption = None,
    db: DatabaseOption = None,
    wait: WaitOption = 10.0,
    grace: GraceOption = 10.0,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Run a command and record it as a build: its output, progress, result and machine.

    The command runs as if it were not recorded: it has the terminal, its output is unchanged, and its exit code is
    passed on. If the service is away, the record waits on disk. If the command is not found, the exit code is 127.
    """
    if os.name != "posix":
        raise BadUsageError("'millstream run' needs Linux or macOS")
    created_us = time.time_ns() // 1000
    from millstream.run.beginning import begin
    from millstream.run.spool.request import Request
    from millstream.transport.identifiers import new_id

    labels, where, build_id = parse_labels(label or ()), destination(address, db), new_id()
    with begin(build_id) as beginning:  # while the recorder starts, we look where we are
        from millstream.run.facts.identity import clean, identify
        from millstream.run.facts.invocation import ci_branch, host_name, recorded_command
        from millstream.run.facts.repository import find_repository
        from millstream.run.passthrough.console import Console
        from millstream.run.session import run

        folder = _folder()
        identity = identify(folder, find_repository(folder), command)
        request = Request(
            build_id=build_id,
            writer_id=new_id(),
            created_us=created_us,
            folder=str(folder),
            project_id=clean(project or identity.project_id),
            project_name=identity.project_name,
            scheme_name=clean(scheme or identity.scheme_name),
            version=version,
            build_number=build_number,
            command=recorded_command(command),
            branch=ci_branch(os.environ),
            host=host_name(),
            labels=labels,
            destination=where,
            wait=wait,
        )
        code = run(beginning, request, command, grace, Console(quiet=quiet, verbose=verbose))
    raise SystemExit(code)


def _folder() -> Path:
    try:
        return Path.cwd()
    except OSError:
        return Path(os.environ.get("PWD", "/"))  # It was deleted, which need not keep a command from running in it.
