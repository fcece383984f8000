from millstream_service.convert.logs.line_messages import plain_around as around
from millstream_service.convert.logs.line_messages import plain_messages as messages

__all__ = ["around", "messages"]
