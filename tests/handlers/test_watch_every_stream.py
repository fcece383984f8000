"""Each stream of each service gives through WatchService what it gives by itself."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from tests.deadline import until, within
from tests.handlers.watching import METHODS, of, values, watch
from tests.recorder import Recorder
from tests.store import every_agent_call, every_call
from tests.stubs import Watcher

BOTH = (every_call, every_agent_call)
CALLS = [*chain.from_iterable(calls.streams() for calls in BOTH), *every_call.feed(1)]
TAILS = {"StreamChanges", "StreamMcpEvents", "TailBuildLogs"}
"""What goes on, or ends: it has no newest value."""


def path_of(name: str) -> str:
    return f"/{METHODS[name].containing_service.full_name}/{name}"


def without_position(message: Any) -> Any:
    other = type(message)()
    other.CopyFrom(message)
    other.ClearField("position")
    return other


class Direct:
    """A stream by a call of its own: the bytes of its messages."""

    def __init__(self, channel: Any, name: str, request: Message) -> None:
        self.name = name
        self.request = request
        self._open = channel.unary_stream(path_of(name))
        self.recorder = Recorder[bytes](self._open(request.SerializeToString()))

    def read(self, data: bytes) -> Any:
        return GetMessageClass(METHODS[self.name].output_type).FromString(data)

    @property
    def values(self) -> list[Any]:
        return [self.read(data) for data in self.recorder.messages]


async def make(channel: Any, calls: Iterable[tuple[str, Message]]) -> None:
    """Make calls that write."""
    for name, request in calls:
        data = request.SerializeToString()
        if METHODS[name].client_streaming:
            await within(channel.stream_stream(path_of(name))(iter([data])).read())
        else:
            await within(channel.unary_unary(path_of(name))(data))


def test_every_stream_is_tried() -> None:
    assert {name for name, _ in CALLS} == {name for name in METHODS if name.startswith(("Stream", "Tail"))}


@pytest.mark.slow(1)
@pytest.mark.dialects
async def test_each_query_gets_what_its_rpc_sends_at_first_and_later(
    channel: grpc.aio.Channel, watcher: Watcher
) -> None:
    """Byte for byte at first; then the same values, though others come in between and make positions newer."""
    await make(channel, chain.from_iterable(calls.creations() for calls in BOTH))
    directs = {str(number): Direct(channel, *call) for number, call in enumerate(CALLS)}
    async with watch(watcher, *(request for _, request in CALLS)) as watched:
        for direct in directs.values():
            direct.recorder.start()
        for key, direct in directs.items():
            first = await direct.recorder.next()
            await until(lambda: of(watched, key), f"{direct.name} began")  # noqa: B023
            response = of(watched, key)[0].response
            assert response.TypeName() == METHODS[direct.name].output_type.full_name
            assert response.value == first, direct.name
        snapshots = {key: direct for key, direct in directs.items() if direct.name not in TAILS}
        for step in chain.from_iterable((*calls.updates(), *calls.deletions()) for calls in BOTH):
            await make(channel, [step])
            # by one call for all: a client that ends very many is taken for one that does harm
            async with watch(watcher, **{key: direct.request for key, direct in snapshots.items()}) as fresh:
                for key, direct in snapshots.items():
                    shown = (partial(values, fresh, key), partial(values, watched, key), partial(_values, direct))
                    await until(partial(_agree, shown), f"{direct.name} shows what {step} made")
        for key, direct in directs.items():
            await until(lambda: _told(values(watched, key)) == _told(direct.values), f"all of {direct.name}")  # noqa: B023
            await direct.recorder.close()
        changed = {direct.name for direct in directs.values() if len(direct.values) > 1}
        assert len(changed) > 15, "most of them had something new"


def _values(direct: Direct) -> list[Any]:
    return direct.values


def _agree(shown: Sequence[Callable[[], list[Any]]]) -> bool:
    """Whether a fresh query and older ones show the same."""
    newest = [without_position(each()[-1]) for each in shown if each()]
    return len(newest) == len(shown) and all(one == newest[0] for one in newest)


def _told(messages: list[Any]) -> list[Any]:
    """Return what messages tell: of a tail of events each, however they came together."""
    if messages and hasattr(messages[0], "mcp_events"):
        return [event for message in messages for event in message.mcp_events]
    if messages and hasattr(messages[0], "position"):
        return [without_position(message) for message in messages]
    return messages
