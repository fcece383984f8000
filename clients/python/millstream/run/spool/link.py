"""The line between the pass-through and the recorder: two pipes.

The pass-through sends a byte once the build is described, and then one for each record that it has appended, to wake
the recorder; it never waits, for a pipe that is full says as much as one byte more would. Another byte says that the
command has ended. The recorder sends what it has to say as JSON, one object a line.
"""

import contextlib
import json
import os
import subprocess
import sys
from typing import Any

from millstream.run.spool.spool import Spool

Message = dict[str, Any]
"""`{"cancel": true}` (someone cancels the build), `{"alive": true}` each second, or the outcome: `{"stored": LINES}`
(and a `note` for the user), `{"dropped": REASON}`, `{"refused": REASON}`, `{"kept": REASON}`."""

MORE = b"."
END = b"!"
_OUTCOMES = frozenset({"stored", "dropped", "refused", "kept"})


class RecorderLink:
    """The pass-through's end, and the recorder's process.

    `descriptor` is what to poll; -1 once the recorder has ended. `outcome` is what became of the record, once it is
    known.
    """

    def __init__(self, spool: Spool) -> None:
        wake_reader, self._wake = os.pipe()
        self.descriptor, say_writer = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self.descriptor, False)
        self._rest = b""
        self.outcome: Message = {}
        try:
            self._process = _start(spool, wake_reader, say_writer)
        except OSError:
            os.close(self._wake)
            os.close(self.descriptor)
            raise
        finally:
            os.close(wake_reader)
            os.close(say_writer)

    def begin(self) -> None:
        """Tell the recorder that the build is described, and the journal there."""
        self._send(MORE)

    def wake(self) -> None:
        """Tell the recorder that there is more in the journal."""
        self._send(MORE)

    def end(self) -> None:
        """Tell it that the command has ended, and the journal with it."""
        self._send(END)

    def read(self) -> list[Message]:
        """Take what the recorder has said."""
        try:
            data = os.read(self.descriptor, 65536)
        except BlockingIOError:
            return []
        if not data:
            self._hang_up()
        *lines, self._rest = (self._rest + data).split(b"\n")
        messages: list[Message] = [json.loads(line) for line in lines]
        for message in messages:
            if _OUTCOMES & message.keys():
                self.outcome = message
        return messages

    def close(self) -> None:
        """End the recorder at once where it has not done with our build: that stays in the spool.

        Else it goes on by itself with what earlier runs left, as long as that comes further. May be called again.
        """
        if self._wake < 0:
            return
        self._hang_up()
        os.close(self._wake)
        self._wake = -1
        if self.outcome and "kept" not in self.outcome:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _hang_up(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._wake, data)


def _start(spool: Spool, wake: int, say: int) -> "subprocess.Popen[bytes]":
    # In a session of its own no signal of the terminal reaches it. -P: not what lies in the folder is imported.
    arguments = [sys.executable, "-P", "-m", "millstream.run", str(spool.home), str(spool.lock), str(wake), str(say)]
    with spool.log_file.open("ab") as log:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(spool.lock, wake, say),
        )
