from millstream_service.convert.columns import nothing_packed as packed

__all__ = ["packed"]
