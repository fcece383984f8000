from millstream_service.convert.logs.entry_lines import plain_lines as lines
from millstream_service.convert.logs.entry_lines import take_nothing as take

__all__ = ["lines", "take"]
