from millstream_service.convert.logs.line_numbers import plain_encode_ids as encode_ids
from millstream_service.convert.logs.line_numbers import plain_find_runs as find_runs

__all__ = ["encode_ids", "find_runs"]
