from millstream_service.convert.logs.line_numbers import plain_ids as ids
from millstream_service.convert.logs.line_numbers import plain_runs as runs

__all__ = ["ids", "runs"]
