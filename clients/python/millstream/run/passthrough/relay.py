"""The relay: hands on what processes that the command left behind write, after we have ended.

To them it is as if they wrote there themselves: it goes on until the last of them has closed the output, or until
nobody reads that any more, which they then learn. It holds nothing else open.
"""

import os
import select
import signal
from collections.abc import Sequence

from millstream.run.passthrough.output import Output
from millstream.run.processes.descriptors import close_all_but


def leave_to_relay(outputs: Sequence[Output], line: int) -> None:
    """Start a relay for those that are open, if any. `line` stays open as long as it lives; -1: none."""
    left = [output for output in outputs if output.is_open]
    if left and os.fork() == 0:
        try:
            _detach({line} | {number for output in left for number in (output.source, output.target)})
            _hand_on(left)
        finally:
            os._exit(0)


def _detach(kept: set[int]) -> None:
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if signal.getsignal(number) not in (signal.SIG_IGN, signal.SIG_DFL, None):
            signal.signal(number, signal.SIG_DFL)
    os.setsid()
    os.chdir("/")
    close_all_but(kept)


def _hand_on(outputs: Sequence[Output]) -> None:
    while any(output.is_open or output.is_waiting for output in outputs):
        poll = select.poll()
        for output in outputs:
            if output.is_waiting:
                poll.register(output.target, select.POLLOUT)
            elif output.is_open:
                poll.register(output.source, select.POLLIN)
        poll.poll()
        for output in outputs:
            _hand_on_one(output)


def _hand_on_one(output: Output) -> None:
    if not output.is_waiting and output.is_open and output.is_readable():
        output.read()
    output.write()
