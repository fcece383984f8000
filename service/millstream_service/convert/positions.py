"""The field `position` of stream responses, and the field `options` of their requests."""

from millstream.common.v1.change_pb2 import Change as ChangeMessage
from millstream.common.v1.change_pb2 import Operation
from millstream.common.v1.change_service_pb2 import StreamChangesResponse
from millstream.common.v1.position_pb2 import Position, StreamOptions
from millstream_service.convert.fields import NANOSECONDS
from millstream_service.convert.wire import encode_delimited
from millstream_service.errors import ValidationFailedError
from millstream_service.reactive.observatory import Delivery, MessagePosition
from millstream_service.store.history.changes import Commit

_POSITION = 1
"""The field's number in every stream response: a test holds it so."""
_MAX_INTERVAL_SECONDS = 3600
_AT_ONCE = Delivery()
"""One for all who ask for nothing else: each stream keeps its own."""


def position_to_bytes(position: MessagePosition) -> bytes:
    """Return the field `position` of a response, serialized."""
    message = Position(
        revision=position.revision,
        resume_token=position.resume_token,
        unchanged=position.unchanged,
        append=position.append,
    )
    return encode_delimited(_POSITION, message.SerializeToString())


def delivery_from_options(options: StreamOptions) -> Delivery:
    """Return how a client wants its messages. Raises ValidationFailedError."""
    interval = options.min_interval.seconds + options.min_interval.nanos / NANOSECONDS
    if not 0 <= interval <= _MAX_INTERVAL_SECONDS or options.min_interval.nanos < 0:
        raise ValidationFailedError("options.min_interval", "must be between 0 and 1 hour")
    if not (options.resume_token or interval or options.append):
        return _AT_ONCE
    return Delivery(options.resume_token, interval, options.append)


def commit_to_message(commit: Commit, tables: frozenset[str]) -> StreamChangesResponse | None:
    """Return a commit, with the changes to these tables alone; None if that leaves none."""
    changes = [
        ChangeMessage(
            table=change.table,
            key=change.key,
            operation=Operation.Name(change.operation),
            ancestors=change.ancestors,
        )
        for change in commit.changes
        if change.table in tables
    ]
    if not changes:
        return None
    message = StreamChangesResponse(revision=commit.revision, changes=changes)
    message.committed_at.seconds, message.committed_at.nanos = divmod(commit.committed_at, NANOSECONDS)
    return message
