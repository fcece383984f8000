"""The loads by their names."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.load.loads import (
    appending,
    arriving,
    breaking,
    disturbing,
    draining,
    fan_out,
    following,
    holding,
    once,
    recording,
    row_a_line,
    unary,
    verifying,
    writing,
)

Load = Callable[..., Awaitable[dict[str, Any]]]

LOADS: Mapping[str, Load] = {
    "append": appending.append,
    "append_events": appending.append_events,
    "arrive": arriving.arrive,
    "disturb": disturbing.disturb,
    "drain": draining.drain,
    "first_messages": draining.first_messages,
    "follow": following.follow,
    "hold": holding.hold,
    "once": once.once,
    "publish": fan_out.publish,
    "record": recording.record,
    "reconnect": breaking.reconnect,
    "row_a_line": row_a_line.row_a_line,
    "stall": breaking.stall,
    "subscribe": fan_out.subscribe,
    "unary": unary.unary,
    "verify": verifying.verify,
    "write_lines": writing.write_lines,
}
