"""The monitor: a process between us and a command that has a terminal of its own.

It leads the session of that terminal, which we can't, for we stay in our user's. It starts the command and is its
parent: so Ctrl-Z stops the command (the system stops no group whose parents are all in other sessions), and so does
reading the terminal from behind, by which we learn that the command wants it. It ends with our end of the line to it.

We send an operation and its argument, a byte each; it answers with JSON, one array a line.
"""

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import sys
import termios

from millstream.run.processes.command import Anchor, Command
from millstream.run.processes.descriptors import close_all_but
from millstream.run.processes.inbox import SignalInbox
from millstream.run.processes.terminal import Terminal

SIGNAL, FRONT, BACK, RELEASE = b"s", b"f", b"b", b"r"


def fork_monitor(argv: list[str], ends: dict[int, int], screen: int, *, in_front: bool) -> socket.socket:
    """Start it, and by it the command, with the terminal `screen`; returns the line to it."""
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    if os.fork() == 0:
        try:
            signal.set_wakeup_fd(-1)
            _Monitor(theirs).run(argv, ends, screen, in_front=in_front)
        finally:
            os._exit(0)
    theirs.close()
    return ours


class _Monitor:
    """What the process does. `_last_front` is the group that was in front when the command was sent behind."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._last_front: int | None = None

    def run(self, argv: list[str], ends: dict[int, int], screen: int, *, in_front: bool) -> None:
        os.setsid()
        fcntl.ioctl(screen, termios.TIOCSCTTY, 0)
        with SignalInbox() as inbox:
            terminal, anchor = Terminal(), Anchor()
            if in_front:
                terminal.bring_to_front(anchor.group)
            try:
                command = Command.start(argv, ends, anchor)
            except OSError as error:
                self._say("failed", error.errno)
                return
            self._say("started", command.group)
            close_all_but({self._line.fileno(), terminal.descriptor, *inbox.descriptors, *anchor.descriptors})
            self._serve(command, terminal, inbox)

    def _serve(self, command: Command, terminal: Terminal, inbox: SignalInbox) -> None:
        while True:
            ready = select.select([self._line.fileno(), inbox.descriptor], [], [])[0]
            if inbox.descriptor in ready:
                inbox.read()
                self._look_after(command, terminal)
            if self._line.fileno() in ready:
                order = self._line.recv(2)
                if not order:
                    return
                self._obey(order[:1], order[1], command, terminal)

    def _look_after(self, command: Command, terminal: Terminal) -> None:
        if command.code is not None:
            return
        while (stopped_by := command.check()) is not None:
            self._say("stopped", stopped_by)
        self._see_off(command, terminal)

    def _see_off(self, command: Command, terminal: Terminal) -> None:
        if command.code is not None:
            # Who is left must not be killed by our end, as the group in front would be; nor does it read keys.
            terminal.bring_to_front(os.getpgrp())
            terminal.close()
            self._say("ended", command.code, command.killed_by)

    def _obey(self, order: bytes, argument: int, command: Command, terminal: Terminal) -> None:
        if order == SIGNAL:
            command.send(signal.Signals(argument))
        elif order == FRONT:
            terminal.bring_to_front(self._last_front or command.group)
        elif order == BACK:
            self._last_front = terminal.front()
            terminal.bring_to_front(os.getpgrp())
        elif order == RELEASE:
            self._say("released", command.release())

    def _say(self, *message: str | int | None) -> None:
        with contextlib.suppress(OSError):
            self._line.sendall(json.dumps(message).encode() + b"\n")
