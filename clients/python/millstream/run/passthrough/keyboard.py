"""The keys of a command that has a terminal of its own, inside of ours.

While the command is in front our terminal is raw: each key goes on to the inner one as it is, and that one makes of it
what the command has asked for: an echo, a line, Ctrl-C. What the command writes comes from there ready to be shown.
So a program that reads `/dev/tty`, the terminal of its stderr or its stdin finds the same keys everywhere.

stdout and stderr have an inner terminal each, to keep them apart; the keys go to one, `main`, which the session of the
command is bound to. A program that sets modes on the other (curses does, on stdout) means both: they are copied before
the next key goes on.

What was typed ahead, and the command has not read, is put back at the end, where the system allows that (`TIOCSTI`).

While the command is behind ours has its own modes, and it shapes the output itself. Keys are not touched then.
"""

import contextlib
import copy
import os
import select
import termios
from collections.abc import Sequence
from typing import TYPE_CHECKING

from millstream.run.passthrough.output import Output
from millstream.run.processes.terminal import OUTPUT, Modes, Terminal, modes_of, raw, unread_keys

if TYPE_CHECKING:
    from millstream.run.passthrough.remote import RemoteCommand

_CHUNK = 4096


class Keyboard:
    """Hands keys on to the inner terminal `main` while the command is in front.

    `is_wanted`: the command is to have them whenever we are in front. `command` is None until it was started.
    """

    def __init__(self, terminal: Terminal, outputs: Sequence[Output], *, is_wanted: bool) -> None:
        self._terminal = terminal
        self._screens = [output for output in outputs if output.is_controlling]
        self.main = self._screens[-1]
        self._keys = os.dup(self.main.source)
        self._inner_path = _name_of(self.main.far_end)
        os.set_blocking(self._keys, False)
        self._pending = b""
        self._outer = terminal.modes()
        self._inner = modes_of(self._keys)
        self._shaping = self._outer[OUTPUT] & termios.OPOST if self._outer else 0
        self._known: dict[int, Modes | None] = {source: modes_of(source) for source in self._sources()}
        self._is_hung_up = False
        self.is_wanted = is_wanted
        self.is_given = False
        self._expects_echo = False
        self.command: RemoteCommand | None = None

    def close(self) -> None:
        """Let go of the inner terminal, and leave ours as it was, if that was not done."""
        if self.is_given:
            self._let_go(self._outer)
        os.close(self._keys)

    def give(self) -> None:
        """Bring the command to the front if we are there, else send it behind."""
        if not self._terminal.is_ours():
            self.take_back()
            return
        if not self.is_given:
            self._outer = self._terminal.modes()
            self._shape(self._shaping)
        self.is_given = True
        self._pass_on()
        if self.command is not None:
            self.command.give_terminal()

    def take_back(self) -> bool:
        """Send it behind, and give our terminal the modes that it had; says whether it was in front."""
        if not self.is_given:
            return False
        self._let_go(self._outer)
        if self.command is not None:
            self.command.take_terminal()
        return True

    def waits(self) -> dict[int, int]:
        """Return what to poll for, by descriptor: keys, or room for those that wait."""
        if not self.is_given or self._is_hung_up:
            return {}
        return {self._keys: select.POLLOUT} if self._pending else {self._terminal.descriptor: select.POLLIN}

    def attend(self, descriptor: int) -> None:
        """Read keys, and hand on what the inner terminal takes."""
        if descriptor == self._terminal.descriptor and self._terminal.is_readable():
            self._read()
        self._hand_on()

    def take_echo(self) -> Output | None:
        """Return the output on which the echo of keys that went on may have come: before any answer to them."""
        expects, self._expects_echo = self._expects_echo, False
        return self.main if expects else None

    def look(self) -> None:
        """Take up the modes that the command has set; and the front, where a shell has brought us there unsaid."""
        self._agree()
        if self.is_wanted and not self.is_given:
            self.give()

    def finish(self, *, killed: bool) -> None:
        """Leave our terminal with the modes that the command has left; as it was at first where it was killed."""
        if self.is_given:
            self._agree()
            self._terminal.put_back(unread_keys(self._inner_path) + self._pending)
            self._let_go(self._outer if killed else copy.deepcopy(self._inner))

    def _read(self) -> None:
        self._agree()
        was_ours = self._terminal.is_ours()
        self._pending = self._terminal.read_keys(_CHUNK) if was_ours else b""
        if not self._pending:
            self._is_hung_up = was_ours and self._terminal.is_ours()
            if not self._is_hung_up:
                self.take_back()

    def _hand_on(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._pending:
                self._expects_echo = True
                self._pending = self._pending[os.write(self._keys, self._pending) :]

    def _let_go(self, modes: Modes | None) -> None:
        """Leave our terminal with these modes, if it is still ours, and the shaping of what comes now to it."""
        self.is_given = False
        if modes is not None and self._terminal.is_ours():
            self._terminal.set_modes(modes)
        self._shaping = self._inner[OUTPUT] & termios.OPOST if self._inner else 0
        self._shape(0)

    def _sources(self) -> list[int]:
        return [self._keys, *(screen.source for screen in self._screens if screen.is_open and screen is not self.main)]

    def _agree(self) -> None:
        """Give all screens the modes that the command has set on one of them, and ours what concerns it."""
        for source in self._sources():
            modes = modes_of(source)
            if modes is not None and modes != self._known.get(source):
                self._inner = self._known[source] = modes
                self._spread()
                if self.is_given:
                    self._pass_on()

    def _spread(self) -> None:
        """Give all screens the same modes."""
        for source in self._sources():
            if self._inner is not None and self._known.get(source) != self._inner:
                with contextlib.suppress(termios.error):
                    termios.tcsetattr(source, termios.TCSANOW, self._inner)
                self._known[source] = modes_of(source)

    def _shape(self, flag: int) -> None:
        """Let the inner terminals shape the output (`OPOST`), or leave it to ours (0)."""
        if self._inner is not None:
            self._inner = copy.deepcopy(self._inner)
            self._inner[OUTPUT] = self._inner[OUTPUT] & ~termios.OPOST | flag
            self._spread()

    def _pass_on(self) -> None:
        if self._outer is not None and self._inner is not None:
            self._terminal.set_modes(raw(self._outer, self._inner))


def _name_of(terminal: int) -> str:
    try:
        return os.ttyname(terminal)
    except OSError:
        return ""  # It is in no /dev that we see: what was typed ahead can't be put back then.
