"""Which fields an update changes."""

from collections.abc import Sequence

from google.protobuf.field_mask_pb2 import FieldMask


def field_mask(paths: Sequence[str]) -> FieldMask:
    """Return the mask that names these fields. Raises ValueError for none, which would stand for all of them."""
    if not paths:
        raise ValueError("a mask names the fields to change: to replace all of them there is replace_…")
    return FieldMask(paths=paths)
