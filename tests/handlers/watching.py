"""What tests watch by WatchService, and what came of it."""

from typing import Any

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo

from millstream.common.v1.watch_service_pb2 import WatchQuery, WatchRequest, WatchResponse
from millstream_service.server import SERVICES
from tests.recorder import Recorder
from tests.stubs import Watcher

METHODS = {method.name: method for service in SERVICES for method in service.methods}
Watched = Recorder[WatchResponse]


def query(key: str, request: Message) -> WatchQuery:
    packed = Packed()
    packed.Pack(request)
    return WatchQuery(id=key, request=packed)


def watch(watcher: Watcher, *requests: Message, **named: Message) -> Watched:
    """Watch requests, by their places, or by names."""
    by_key = {str(number): request for number, request in enumerate(requests)} | named
    return Watched(watcher.Watch(WatchRequest(queries=[query(key, one) for key, one in by_key.items()])))


def of(watched: Watched, key: str) -> list[WatchResponse]:
    return [message for message in watched.messages if message.id == key]


def values(watched: Watched, key: str) -> list[Any]:
    """Return what a query was sent, each as a message of its type."""
    return [_unpack(message.response) for message in of(watched, key) if message.HasField("response")]


def _unpack(packed: Packed) -> Any:
    types = {method.output_type.full_name: method.output_type for method in METHODS.values()}
    return GetMessageClass(types[packed.TypeName()]).FromString(packed.value)


def end_of(watched: Watched, key: str) -> tuple[int, str, tuple[str, ...]]:
    """Return how a query ended: the code, the reason, and the fields at fault."""
    last = of(watched, key)[-1]
    assert last.HasField("error")
    info, bad = ErrorInfo(), BadRequest()
    for detail in last.error.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    return last.error.code, info.reason, tuple(violation.field for violation in bad.field_violations)
