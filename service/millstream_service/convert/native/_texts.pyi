from millstream_service.convert.logs.text_lines import plain_holding as holding

__all__ = ["holding"]
