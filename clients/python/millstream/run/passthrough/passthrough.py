"""The pass-through: one loop that hands the command's output on, its signals both ways, and keeps the journal.

The cycle: wait for any of the command's outputs, our own outputs where something waits for them, signals, and the
recorder's line; append to the journal what was read, then write it. Nothing in it blocks, so a slow reader of our
output holds up neither signals nor a cancellation. One thread, so nothing is guarded.
"""

import contextlib
import os
import select
import signal
import time
from collections.abc import Sequence

from millstream.run.passthrough.foreground import Foreground
from millstream.run.passthrough.output import Output
from millstream.run.processes.command import Running
from millstream.run.processes.inbox import ENDING, PASSED_ON, SignalInbox
from millstream.run.processes.terminal import Terminal
from millstream.run.spool.journal import Ending, JournalWriter, Kind
from millstream.run.spool.link import RecorderLink

LINGER = 2.0
"""How many seconds, after the command ended, the output of processes that it left behind is recorded at most."""
QUIET = 0.1
"""How many seconds without any output end that time."""

# How often the size and the modes of the terminal are looked at, where no signal tells of them.
_GLANCE = 0.25
_WANTS_TERMINAL = frozenset({signal.SIGTTIN, signal.SIGTTOU})


class PassThrough:
    """Runs one command to its end. `journal` and `link` are None where nothing can be recorded."""

    def __init__(
        self,
        command: Running,
        outputs: Sequence[Output],
        terminal: Terminal,
        foreground: Foreground,
        inbox: SignalInbox,
        journal: JournalWriter | None,
        link: RecorderLink | None,
        grace: float,
    ) -> None:
        self._command = command
        self._outputs = outputs
        self._terminal = terminal
        self._has_terminal = terminal.front() is not None
        self._foreground = foreground
        self._inbox = inbox
        self._journal = journal
        self._link = link
        self._grace = grace
        self._stopped = False
        self._has_hung_up = False
        self._kill_at: float | None = None
        self._ended_at: float | None = None
        self._heard_at = 0.0

    def run(self) -> Ending:
        """Hand on until the command has ended and what it wrote is out. Outputs that others hold stay open."""
        self._look_after_command()  # It may have ended before anyone polled for news of it.
        while not self._is_done():
            for descriptor in self._wait():
                self._attend(descriptor)
            self._check_clock()
        if self._kill_at is not None:
            self._command.send(signal.SIGKILL)  # What is left of a cancelled build.
        self._foreground.finish(killed=self._command.killed_by is not None)
        return Ending(self._command.code or 0, self._stopped or self._command.killed_by in ENDING)

    def _is_done(self) -> bool:
        if self._command.code is None or any(output.is_waiting for output in self._outputs):
            return False
        return not any(output.is_open for output in self._outputs) or self._has_waited()

    def _has_waited(self) -> bool:
        """Whether the command has ended long enough ago for what was left behind to be on its own."""
        end = self._linger_until()
        return end is not None and time.monotonic() >= end

    def _linger_until(self) -> float | None:
        if self._ended_at is None or self._kill_at is not None:
            return None
        return min(self._ended_at + LINGER, max(self._ended_at, self._heard_at) + QUIET)

    def _wait(self) -> list[int]:
        poll = select.poll()
        poll.register(self._inbox.descriptor, select.POLLIN)
        if self._command.descriptor >= 0:
            poll.register(self._command.descriptor, select.POLLIN)
        if self._link is not None and self._link.descriptor >= 0:
            poll.register(self._link.descriptor, select.POLLIN)
        for descriptor, events in self._foreground.waits().items():
            poll.register(descriptor, events)
        for output in self._outputs:
            if output.is_waiting:
                poll.register(output.target, select.POLLOUT)
            elif output.is_open:
                poll.register(output.source, select.POLLIN)
        return [descriptor for descriptor, _ in poll.poll(self._patience())]

    def _patience(self) -> float | None:
        moments = [moment for moment in (self._kill_at, self._linger_until()) if moment is not None]
        patience = [max(0.0, moment - time.monotonic()) for moment in moments]
        if any(output.is_terminal for output in self._outputs):
            patience.append(_GLANCE)
        return min(patience) * 1000 + 1 if patience else None

    def _attend(self, descriptor: int) -> None:
        if descriptor == self._inbox.descriptor:
            self._take_signals()
        elif descriptor == self._command.descriptor:
            self._look_after_command()
        elif self._link is not None and descriptor == self._link.descriptor:
            self._listen(self._link)
        elif descriptor in self._foreground.waits():
            self._foreground.attend(descriptor)
        else:
            for output in self._outputs:
                if descriptor in {output.source, output.target}:
                    self._hand_on_in_order(output)

    def _hand_on_in_order(self, output: Output) -> None:
        echo = self._foreground.take_echo()
        if echo is not None and echo is not output:
            self._hand_on(echo)
        self._hand_on(output)

    def _hand_on(self, output: Output) -> None:
        if not output.is_waiting and output.is_readable():
            data = output.read()
            self._foreground.look()
            output.copy_modes()
            if data:
                self._record(output.kind, data)
        output.write()

    def _record(self, kind: Kind, data: bytes) -> None:
        self._heard_at = time.monotonic()
        if self._journal is not None:
            self._journal.append(kind, data)
            if self._link is not None:
                self._link.wake()

    def _listen(self, link: RecorderLink) -> None:
        if any("cancel" in message for message in link.read()) and self._command.code is None:
            self._cancel()

    def _cancel(self) -> None:
        if self._kill_at is None:
            self._stopped = True
            self._kill_at = time.monotonic() + self._grace
            self._command.send(signal.SIGTERM)
            self._command.send(signal.SIGCONT)

    def _check_clock(self) -> None:
        now = time.monotonic()
        if self._kill_at is not None and now >= self._kill_at:
            self._command.send(signal.SIGKILL)
            self._kill_at = now + max(self._grace, _GLANCE) if self._command.code is None else None
        self._foreground.look()
        for output in self._outputs:
            output.copy_modes()
        resized = [output for output in self._outputs if output.resize()]
        if any(not output.is_controlling for output in resized):
            self._command.send(signal.SIGWINCH)

    def _take_signals(self) -> None:
        for number in self._inbox.read():
            if number == signal.SIGCHLD:
                self._look_after_command()
            elif number in PASSED_ON:
                self._pass_on(number)

    def _look_after_command(self) -> None:
        while (stopped_by := self._command.check()) is not None:
            self._suspend(stopped_by)
        if self._command.code is not None and self._ended_at is None:
            self._ended_at = time.monotonic()

    def _pass_on(self, number: signal.Signals) -> None:
        if number in ENDING:
            self._stopped = True
        if number == signal.SIGCONT and self._foreground.is_wanted:
            self._foreground.give()
        self._command.send(number)

    def _suspend(self, stopped_by: signal.Signals) -> None:
        """Do as the command, which has stopped: the user gets the terminal back, until we are continued."""
        self._catch_up()
        if stopped_by in _WANTS_TERMINAL and self._terminal.is_ours():
            self._foreground.is_wanted = True
        elif self._foreground.take_back() or stopped_by == signal.SIGTSTP:
            _stop_job(signal.SIGTSTP, with_neighbours=self._terminal.front() is not None)
        elif stopped_by in _WANTS_TERMINAL and self._has_terminal and self._terminal.front() is None:
            self._hang_up()
        elif stopped_by in _WANTS_TERMINAL:
            # In the background: the shell says so, and brings us to the front when asked to.
            _stop_job(signal.SIGSTOP, with_neighbours=True)
        else:
            return  # By someone who means the command alone, and will continue it.
        if self._foreground.is_wanted:
            self._foreground.give()
        self._command.send(signal.SIGCONT)

    def _hang_up(self) -> None:
        """Tell the command that the terminal has gone: nobody would ever bring us to the front.

        One that ignores it, as under nohup, and wants the terminal again would stop for ever: it is ended.
        """
        if self._has_hung_up:
            self._cancel()
        else:
            self._has_hung_up = True
            self._command.send(signal.SIGHUP)

    def _catch_up(self) -> None:
        """Hand on what was written before the command stopped, as far as our outputs take it: we may stop, too."""
        until = time.monotonic() + QUIET
        for output in self._outputs:
            while not output.is_waiting and output.is_readable() and time.monotonic() < until:
                self._hand_on(output)


def _stop_job(number: signal.Signals, *, with_neighbours: bool) -> None:
    # What the terminal would have done without us: stop all of the job, whose group is ours. Where no shell looks after
    # it the system ignores SIGTSTP, and the command goes on.
    handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        os.kill(0 if with_neighbours else os.getpid(), number)
    signal.signal(signal.SIGTSTP, handler)
