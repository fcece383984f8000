"""A chunk that is not as it was stored is reported, whatever of it was changed, and never read."""

from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, select, text, update

from millstream_service.errors import StoreCorruptError
from millstream_service.store.builds.tables import CHUNKS
from millstream_service.store.database import alembic_chain, migrate
from millstream_service.store.logs import logs
from millstream_service.store.logs.logs import COLUMNS, RAW, ZSTD, Chunk
from millstream_service.store.upkeep.check import problems
from tests.store.opening import opened, writing
from tests.store.stored import add_build, append, lines_in, plain_lines

SECOND = CHUNKS.c.first_seq == 2
CHANGES: list[dict[str, Any]] = [
    {"payload": b"2=fake;"},
    {"levels": 1 << 4},
    {"categories": "link"},
    {"codec": 7},
    {"last_seq": 3},
    {"checksum": 1},
]


def fill(connection: Connection, codec: int) -> None:
    """Store three chunks of a line each, in some way."""
    add_build(connection, "build", "other")
    if codec == COLUMNS:
        for seq in (1, 2, 3):
            [chunk] = plain_lines([b"text"])(seq, 0)
            logs._insert(connection, "build", [chunk.as_columns(b"text", b"rest")])
        connection.execute(text("INSERT INTO build_log_heads VALUES ('build', 1, 0, 3, NULL)"))
        return
    for seq in (1, 2, 3):
        append(connection, [b"text" if codec == RAW else b"text" * 1000], seq)


@pytest.mark.slow(1)
@pytest.mark.parametrize("codec", [RAW, ZSTD, COLUMNS])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_a_chunk_that_was_changed_is_not_read(database_url: str, codec: int, change: dict[str, Any]) -> None:
    with writing(database_url) as connection:
        fill(connection, codec)
        assert len(list(logs.chunks_left(connection, "build"))) == 3
        connection.execute(update(CHUNKS).where(SECOND).values(change))
        with pytest.raises(StoreCorruptError, match="build_log_chunks build/2: lines 2 to ") as caught:
            list(logs.chunks_left(connection, "build"))
        assert caught.value.metadata == {"table": "build_log_chunks", "id": "build/2"}
        assert any("lines 2 to " in problem for problem in problems(connection))


def test_a_chunk_of_another_log_or_place_is_not_read(database_url: str) -> None:
    with writing(database_url) as connection:
        fill(connection, RAW)
        append(connection, [b"TEXT"], build_id="other")
        columns = [column.name for column in CHUNKS.columns if column.name not in ("build_id", "first_seq")]
        values = select(*(CHUNKS.c[name] for name in columns)).where(CHUNKS.c.build_id == "other")
        connection.execute(
            update(CHUNKS)
            .where(CHUNKS.c.build_id == "build", CHUNKS.c.first_seq == 1)
            .values(dict(connection.execute(values).mappings().one()))
        )
        with pytest.raises(StoreCorruptError):
            lines_in(connection)


@pytest.mark.parametrize("column", ["payload", "levels", "categories", "size", "codec", "last_seq", "checksum"])
def test_a_chunk_with_a_value_of_another_type_is_not_read(file_url: str, column: str) -> None:
    with writing(file_url) as connection:
        fill(connection, RAW)
        other = "x'00ff'" if column == "categories" else "'text'"
        connection.execute(text(f"UPDATE build_log_chunks SET {column} = {other} WHERE first_seq = 2"))
        with pytest.raises(StoreCorruptError):
            lines_in(connection)


def test_lines_that_are_missing_are_told_of(database_url: str) -> None:
    with writing(database_url) as connection:
        fill(connection, RAW)
        connection.execute(CHUNKS.delete().where(SECOND))
        with pytest.raises(StoreCorruptError, match="build/3"):
            lines_in(connection)


def test_a_database_without_checksums_gets_them(lasting_url: str) -> None:
    """Also where there are more rows than are read at once, and one with a value of no use."""
    with opened(lasting_url) as database, database.connect_writer() as connection:
        with connection.begin():
            add_build(connection, "build", "other")
            for seq in range(1, 50):
                append(connection, [b"x" * 40 * seq], seq)
            append(connection, [b"other"], build_id="other")
        config = alembic_chain.config(migrate._scripts_folder())
        with connection.begin():
            config.attributes["connection"] = connection
            command.downgrade(config, "0002")
            columns = connection.execute(text("SELECT * FROM build_log_chunks")).keys()
            assert "checksum" not in columns
    with opened(lasting_url) as database, database.connect_writer() as connection, connection.begin():
        assert len(lines_in(connection)) == 49
        assert lines_in(connection, "other") == [b"1=other"]
        assert problems(connection) == []


def test_what_was_damaged_before_it_got_a_checksum_is_told_of(file_url: str) -> None:
    with opened(file_url) as database, database.connect_writer() as connection, connection.begin():
        fill(connection, RAW)
        config = alembic_chain.config(migrate._scripts_folder())
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
        connection.execute(text("UPDATE build_log_chunks SET payload = 'text' WHERE first_seq = 2"))
    with writing(file_url) as connection, pytest.raises(StoreCorruptError):
        lines_in(connection)


def test_the_chunk_itself_tells_whether_it_is_whole() -> None:
    chunk = Chunk(1, 1, 4, "", 4, b"text")
    assert not chunk.is_whole("build")
    assert Chunk(1, 1, 4, "", 4, b"text", checksum=chunk.computed_checksum("build")).is_whole("build")
