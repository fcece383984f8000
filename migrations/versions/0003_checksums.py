"""A check sum for every chunk of a log."""

from zlib import crc32

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 20
"""A row may have some megabytes."""
ABOUT = ("build_id", "first_seq", "last_seq", "levels", "categories", "codec", "size")

chunks = sa.table("build_log_chunks", *map(sa.column, (*ABOUT, "payload", "checksum")))
KEY = sa.tuple_(chunks.c.build_id, chunks.c.first_seq)
FIRST = sa.select(chunks).order_by(chunks.c.build_id, chunks.c.first_seq).limit(ROWS_AT_ONCE)
NEXT = FIRST.where(sa.tuple_(sa.bindparam("build"), sa.bindparam("first")) < KEY)
FILL = (
    sa.update(chunks)
    .where(chunks.c.build_id == sa.bindparam("build"), chunks.c.first_seq == sa.bindparam("first"))
    .values(checksum=sa.bindparam("sum"))
)


def upgrade() -> None:
    """Add the column, and fill it in, some rows at a time."""
    op.add_column("build_log_chunks", sa.Column("checksum", sa.BigInteger(), nullable=False, server_default="0"))
    connection = op.get_bind()
    rows = connection.execute(FIRST).all()
    while rows:
        sums = [{"build": row.build_id, "first": row.first_seq, "sum": checksum(row)} for row in rows]
        connection.execute(FILL, sums)
        last = sums[-1]
        rows = connection.execute(NEXT, {"build": last["build"], "first": last["first"]}).all()


def checksum(row: sa.Row[tuple[object, ...]]) -> int:
    """Return the check sum of a chunk as it is; 0, which is hardly ever right, where it is damaged already."""
    try:
        return crc32(row.payload, crc32("/".join(str(getattr(row, name)) for name in ABOUT).encode()))
    except TypeError:
        return 0


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("build_log_chunks", "checksum")
