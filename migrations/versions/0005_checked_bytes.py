"""A check sum behind the bytes of metadata and of settings."""

from collections.abc import Callable
from zlib import crc32

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 20
CHECKSUM_BYTES = 4
COLUMNS = (("mcp_events", "id", "metadata"), ("relationships", "id", "metadata"), ("config_entries", "key", "value"))


def upgrade() -> None:
    """Add them, some rows at a time."""
    for table, key, column in COLUMNS:
        _change(sa.table(table, sa.column(key), sa.column(column)), key, column, _with_checksum)


def downgrade() -> None:
    """Take them away."""
    for table, key, column in COLUMNS:
        _change(sa.table(table, sa.column(key), sa.column(column)), key, column, _without_checksum)


def _change(table: sa.TableClause, key: str, column: str, changed: Callable[[bytes], bytes]) -> None:
    connection = op.get_bind()
    some = sa.select(table).where(table.c[column].is_not(None)).order_by(table.c[key]).limit(ROWS_AT_ONCE)
    change = sa.update(table).where(table.c[key] == sa.bindparam("key")).values({column: sa.bindparam("bytes")})
    rows = connection.execute(some).all()
    while rows:
        connection.execute(change, [{"key": row[0], "bytes": changed(bytes_of(row[1]))} for row in rows])
        rows = connection.execute(some.where(table.c[key] > rows[-1][0])).all()


def bytes_of(value: object) -> bytes:
    """Return a value that is bytes, if it is not damaged already."""
    return value if isinstance(value, bytes) else str(value).encode()


def _with_checksum(data: bytes) -> bytes:
    return data + crc32(data).to_bytes(CHECKSUM_BYTES)


def _without_checksum(data: bytes) -> bytes:
    return data[:-CHECKSUM_BYTES]
