"""The lines around hits are those of a plain list, whatever chunks they lie in."""

from collections.abc import Iterator, Sequence
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.builds.v1.backend_service_pb2 import SearchHit
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.logs.chunks import merge_chunks
from millstream_service.convert.logs.line_filter import LineFilter, line_filter
from millstream_service.convert.logs.logs import check_entries
from millstream_service.handlers.logs import lines, searching, surroundings
from millstream_service.handlers.logs.searching import Found, Search
from millstream_service.store.builds.tables import BUILDS
from millstream_service.store.database.database import Database
from millstream_service.store.entities import removal
from millstream_service.store.logs import logs
from tests.entities import DEBUG, ERROR, INFO, entry
from tests.store.family import build, create, family

LEVELS = [DEBUG, INFO, ERROR]
TEXTS = st.text("ax.\n", max_size=3)
groups = st.lists(
    st.tuples(st.lists(st.tuples(TEXTS, st.sampled_from(LEVELS)), min_size=1, max_size=9), st.booleans()), max_size=6
)
"""Chunks: their lines, and whether they are merged."""


class Log:
    """A build's log, in chunks as they are given."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection = database.connect_writer()
        self._run(family)

    def _run(self, command: object) -> object:
        with self.connection.begin():
            return command(self.connection)  # type: ignore[operator]

    def write(self, chunks: Sequence[tuple[Sequence[tuple[str, int]], bool]]) -> None:
        """Have these chunks and no others."""
        self._run(partial(removal.remove, resource=BUILDS, key="build"))
        self._run(create(BUILDS, build()))
        for some, packed in chunks:
            encode = check_entries([entry(text, level=level) for text, level in some]).encoder("build")
            with self.connection.begin():
                written = encode(logs.head(self.connection, "build").last_seq + 1, 0)
                logs.append_line(self.connection, "build", encode)
                if packed:
                    logs.put_in_place(self.connection, "build", written, [merge_chunks("build", written)])

    def lines(self) -> list[BuildLog]:
        return self.database.read_now(lambda connection: lines.between(connection, "build", 1, 1_000))

    def search(self, wanted: LineFilter, context_lines: int, regex: bool) -> Sequence[SearchHit]:
        search = Search("x", regex=regex, ignore_case=False, wanted=wanted, context_lines=context_lines)
        scan = partial(searching._scan, build_id="build", first_seq=1, last_seq=1_000, search=search, limit=200)
        found: Found = self.database.read_now(scan)
        assert found.next_seq is None
        return [SearchHit.FromString(hit) for hit in found.hits]


@pytest.fixture(scope="module")
def log() -> Iterator[Log]:
    database = Database("sqlite:///:memory:").open()
    yield Log(database)
    database.close()


@settings(max_examples=200)
@given(groups, st.sampled_from([0, *LEVELS]), st.integers(0, 12), st.booleans(), st.sampled_from([0, 64 << 10]))
def test_they_are_those_of_a_plain_list(
    log: Log, chunks: list[tuple[list[tuple[str, int]], bool]], min_level: int, count: int, regex: bool, spare: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(surroundings, "_SPARE_BYTES", spare)
        log.write(chunks)
        stored = log.lines()
        assert [line.content for line in stored] == [text for texts, _ in chunks for text, _ in texts]
        expected = [
            SearchHit(build_log=line, before=stored[max(0, index - count) : index], after=stored[index + 1 :][:count])
            for index, line in enumerate(stored)
            if "x" in line.content and line.level >= min_level
        ]
        assert log.search(line_filter(min_level, None), count, regex) == expected


@pytest.mark.parametrize("packed", [False, True])
def test_of_large_lines_the_nearest_come_that_have_room(
    log: Log, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr(searching, "_BYTES_A_PAGE", 1_000)
    texts = ["b" * 300, "c" * 700, "d" * 300, "x", "e" * 300, "f" * 700, "g" * 300]
    log.write([([(text, INFO) for text in texts], packed)])
    [hit] = log.search(line_filter(0, None), 100, regex=False)
    assert [line.content[0] for line in hit.before] == ["d"]
    assert [line.content[0] for line in hit.after] == ["e"]
