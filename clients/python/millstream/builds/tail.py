"""How far the tail of a log has come."""

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsRequest, TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BUILD_LOG_LEVEL_DEBUG, BUILD_LOG_LEVEL_UNSPECIFIED, BuildLog


class TailCursor:
    """How far a tail has come, and what is new in a message."""

    def __init__(self, request: TailBuildLogsRequest) -> None:
        self.last_seq = request.after_seq
        self._request = request
        self._is_whole = _is_unfiltered(request)
        self._at_start = True

    def reopen(self) -> None:
        """Get ready for the messages of a new call, which begins after the last line received."""
        self._request.after_seq = self.last_seq
        self._at_start = True

    def take(self, response: TailBuildLogsResponse) -> list[BuildLog] | None:
        """Return the lines that were not there before; None where lines are missing before them.

        Numbers are missing, too, where lines were deleted. So what a call begins with is believed; a hole later on
        is asked about once more, by a new call from the last line received.
        """
        lines = [line for line in response.build_logs if line.seq > self.last_seq]
        if self._is_whole and not self._at_start and self._leaves_out(lines):
            return None
        self._at_start = False
        self.last_seq = max(self.last_seq, response.last_seq, lines[-1].seq if lines else 0)
        return lines

    def _leaves_out(self, lines: list[BuildLog]) -> bool:
        return bool(lines) and lines[0].seq != self.last_seq + 1


def _is_unfiltered(request: TailBuildLogsRequest) -> bool:
    if request.HasField("category"):
        return False
    if request.min_level == BUILD_LOG_LEVEL_UNSPECIFIED:
        return request.include_debug
    return request.min_level == BUILD_LOG_LEVEL_DEBUG
