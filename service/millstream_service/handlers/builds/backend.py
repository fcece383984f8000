"""BackendService, whole: its writes, its reads and its streams."""

from millstream_service.handlers.builds.reads import BackendReads
from millstream_service.handlers.builds.streams import BackendStreams
from millstream_service.handlers.builds.writes import BackendWrites


class Backend(BackendWrites, BackendReads, BackendStreams):
    """See protos/millstream/builds/v1/backend_service.proto."""
