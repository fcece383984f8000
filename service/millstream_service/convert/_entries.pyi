from millstream_service.convert.entry_lines import nothing_taken as taken
from millstream_service.convert.entry_lines import plain_lines as lines

__all__ = ["lines", "taken"]
