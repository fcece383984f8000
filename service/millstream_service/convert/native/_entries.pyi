from millstream_service.convert.logs.entry_lines import nothing_taken as taken
from millstream_service.convert.logs.entry_lines import plain_lines as lines

__all__ = ["lines", "taken"]
