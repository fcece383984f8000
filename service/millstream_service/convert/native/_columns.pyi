from millstream_service.convert.logs.columns import nothing_packed as packed

__all__ = ["packed"]
