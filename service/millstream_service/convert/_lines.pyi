from millstream_service.convert.line_messages import plain_messages as messages

__all__ = ["messages"]
