from millstream_service.convert.text_lines import plain_holding as holding

__all__ = ["holding"]
