"""One run from beginning to end, as its user sees it."""

import contextlib
import os
import select
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from millstream.run.beginning import Beginning
from millstream.run.passthrough.console import Console, describe_ending
from millstream.run.passthrough.foreground import Foreground, Shared
from millstream.run.passthrough.keyboard import Keyboard
from millstream.run.passthrough.output import Output
from millstream.run.passthrough.passthrough import PassThrough
from millstream.run.passthrough.relay import leave_to_relay
from millstream.run.passthrough.remote import RemoteCommand
from millstream.run.processes.command import Anchor, Command, Running, exit_code_for
from millstream.run.processes.inbox import ENDING, SignalInbox
from millstream.run.processes.terminal import Terminal, is_controlling
from millstream.run.spool.journal import Ending, JournalWriter, Kind
from millstream.run.spool.link import RecorderLink
from millstream.run.spool.request import Request
from millstream.run.spool.spool import Spool

_OUTPUTS = {1: Kind.STDOUT, 2: Kind.STDERR}
# A recorder that is silent for so much longer than it was asked to wait is taken for dead.
_OVERTIME = 5.0


@dataclass(frozen=True, slots=True)
class Recording:
    """Where a run is recorded: its spool, the journal in it, and the line to the recorder, if that could be started."""

    spool: Spool
    journal: JournalWriter
    link: RecorderLink | None


def run(beginning: Beginning, request: Request, argv: list[str], grace: float, console: Console) -> int:
    """Run the command and return its exit code; whatever becomes of the record, that does not change."""
    with SignalInbox() as inbox, contextlib.ExitStack() as stack:
        recording = _open_recording(beginning, request, console, stack)
        if recording is not None:
            console.say(f"recording build {request.build_id} ({request.project_id} / {request.scheme_name})")
        began = time.monotonic()
        ending = _run_command(argv, grace, inbox, beginning.closed, recording)
        if recording is not None:
            outcome = describe_ending(ending.code, stopped=ending.stopped, seconds=time.monotonic() - began)
            _finish(request, recording, ending, inbox, console, outcome)
    return ending.code


def _open_recording(
    beginning: Beginning, request: Request, console: Console, stack: contextlib.ExitStack
) -> Recording | None:
    spool, link = beginning.spool, beginning.link
    if link is not None:
        stack.callback(link.close)
    try:
        if spool is None:
            raise beginning.failure or OSError("nothing can be stored")
        journal = stack.enter_context(JournalWriter(spool.journal))
        spool.describe(request)
    except OSError as error:
        console.warn(f"this build is not recorded: {error}")
        return None
    if link is not None:
        link.begin()
    return Recording(spool, journal, link)


def _run_command(
    argv: list[str], grace: float, inbox: SignalInbox, closed: set[int], recording: Recording | None
) -> Ending:
    journal = recording.journal if recording else None
    with _terminal() as terminal, _outputs(closed) as outputs, contextlib.ExitStack() as stack:
        ends = dict.fromkeys(closed, -1) | {output.target: output.far_end for output in outputs}
        try:
            command, foreground = _start(argv, ends, terminal, outputs, stack)
        except OSError as error:
            return _report_not_started(argv[0], error, journal)
        for output in outputs:
            output.close_far_end()
        if journal is not None:
            journal.append(Kind.STARTED)
        link = recording.link if recording else None
        passed = PassThrough(command, outputs, terminal, foreground, inbox, journal, link, grace).run()
        interrupted = command.release()
        leave_to_relay(outputs, command.descriptor)
    return Ending(passed.code, passed.stopped or interrupted)


def _start(
    argv: list[str],
    ends: dict[int, int],
    terminal: Terminal,
    outputs: Sequence[Output],
    stack: contextlib.ExitStack,
) -> tuple[Running, Foreground]:
    if any(output.is_controlling for output in outputs):
        return _start_with_own_terminal(argv, ends, terminal, outputs, stack)
    return _start_with_ours(argv, ends, terminal)


def _start_with_own_terminal(
    argv: list[str],
    ends: dict[int, int],
    terminal: Terminal,
    outputs: Sequence[Output],
    stack: contextlib.ExitStack,
) -> tuple[Running, Foreground]:
    keyboard = Keyboard(terminal, outputs, is_wanted=is_controlling(0) and not _is_pipeline(1))
    stack.callback(keyboard.close)
    if is_controlling(0):
        ends[0] = keyboard.main.far_end
    if keyboard.is_wanted:
        keyboard.give()
    try:
        command = RemoteCommand(argv, ends, keyboard.main.far_end, in_front=keyboard.is_given)
    except OSError:
        keyboard.finish(killed=True)
        raise
    stack.callback(command.close)
    keyboard.command = command
    return command, keyboard


def _start_with_ours(argv: list[str], ends: dict[int, int], terminal: Terminal) -> tuple[Running, Foreground]:
    anchor = Anchor()
    try:
        return Command.start(argv, ends, anchor), Shared(terminal, anchor.group)
    except OSError:
        anchor.release()
        raise


def _is_pipeline(number: int) -> bool:
    """Whether another program may be at the terminal: one that reads what this writes."""
    mode = os.fstat(number).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _report_not_started(name: str, error: OSError, journal: JournalWriter | None) -> Ending:
    code = exit_code_for(error)
    note = f"millstream: {name}: {error.strerror}"
    with contextlib.suppress(OSError):
        os.write(2, f"{note}\n".encode(errors="surrogateescape"))
    if journal is not None:
        journal.append(Kind.NOTE, note.encode(errors="replace"))
    return Ending(code, stopped=False)


@contextlib.contextmanager
def _terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    try:
        yield terminal
    finally:
        terminal.close()


@contextlib.contextmanager
def _outputs(closed: set[int]) -> Iterator[list[Output]]:
    outputs = [Output(kind, target) for target, kind in _OUTPUTS.items() if target not in closed]
    try:
        yield outputs
    finally:
        for output in outputs:
            output.close()


def _finish(
    request: Request, recording: Recording, ending: Ending, inbox: SignalInbox, console: Console, outcome: str
) -> None:
    recording.journal.end(ending)
    if recording.link is not None:
        recording.link.end()
        _wait_for_recorder(recording.link, inbox, request.wait)
    match recording.link.outcome if recording.link is not None else {}:
        case {"stored": _, **more}:
            if note := more.get("note"):
                console.warn(note)
            console.say(f"{outcome}, see: millstream tail {request.build_id}")
        case {"dropped": reason} | {"refused": reason}:
            console.warn(f"{outcome}; {reason}")
        case message:
            _make_durable(recording)
            reason = message.get("kept", "the service did not take all of it in time")
            place = recording.spool.folder
            console.warn(f"{outcome}; {reason}. Build {request.build_id} is kept in {place}, a later run sends it")


def _wait_for_recorder(link: RecorderLink, inbox: SignalInbox, wait: float) -> None:
    """Wait until it has ended; a signal, or too long a silence, ends the wait.

    Once our build has an outcome, what earlier runs left is waited for so many seconds, no more.
    """
    poll = select.poll()
    poll.register(inbox.descriptor, select.POLLIN)
    if link.descriptor >= 0:
        poll.register(link.descriptor, select.POLLIN)
    patience, until = wait + _OVERTIME, None
    while link.descriptor >= 0:
        if link.outcome:
            until = until or time.monotonic() + wait
            patience = until - time.monotonic()
        if patience <= 0 or not poll.poll(patience * 1000) or _is_told_to_go(inbox):
            return
        link.read()


def _is_told_to_go(inbox: SignalInbox) -> bool:
    return any(number in ENDING for number in inbox.read())


def _make_durable(recording: Recording) -> None:
    with contextlib.suppress(OSError):
        recording.journal.sync()
        recording.spool.sync()
