from millstream_service.convert.logs.columns import pack_nothing as packed

__all__ = ["packed"]
