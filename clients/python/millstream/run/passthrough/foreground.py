"""Who has the user's keys: the command, or others at the terminal. What a command has when none of its outputs is one.

The command has a process group of its own, and a terminal serves only one group at a time: the one in front. Here the
command shares our terminal, and is brought to the front when it asks, by reading (the system stops it with SIGTTIN
then). `keyboard.Keyboard` is for a command that has a terminal of its own.
"""

from typing import Protocol

from millstream.run.passthrough.output import Output
from millstream.run.processes.terminal import Terminal


class Foreground(Protocol):
    """Gives the keys to the command, and takes them back."""

    is_wanted: bool
    """Whether the command is to have the keys whenever we are in front: it had them, or asked for them."""

    def give(self) -> None:
        """Give them to the command, if they are ours to give."""

    def take_back(self) -> bool:
        """Take them back; says whether it had them."""

    def waits(self) -> dict[int, int]:
        """Return what to poll for, by descriptor."""

    def attend(self, descriptor: int) -> None:
        """Do what can be done with this descriptor, which is ready."""

    def take_echo(self) -> Output | None:
        """Return the output on which the echo of keys that went on may have come: before any answer to them."""

    def look(self) -> None:
        """Look whether something has changed that nobody tells of."""

    def finish(self, *, killed: bool) -> None:
        """Leave the terminal as the command has left it, or as it was where it was `killed` and could not tidy up."""


class Shared:
    """The command shares our terminal, if there is one. `group` is its process group."""

    def __init__(self, terminal: Terminal, group: int) -> None:
        self._terminal = terminal
        self._group = group
        self.is_wanted = False

    def give(self) -> None:
        """Bring its group to the front, if ours is there."""
        self._terminal.give_to(self._group)

    def take_back(self) -> bool:
        """Bring our own group to the front, if its was there; says whether it was."""
        return self._terminal.take_back_from(self._group)

    def waits(self) -> dict[int, int]:
        """Return nothing: the system looks after it."""
        return {}

    def attend(self, descriptor: int) -> None:
        """Do nothing."""

    def take_echo(self) -> Output | None:
        """Return none: our terminal shows it itself."""
        return None

    def look(self) -> None:
        """Do nothing."""

    def finish(self, *, killed: bool) -> None:
        """Take it back; restore its modes where the command was killed."""
        self.take_back()
        if killed:
            self._terminal.restore()
