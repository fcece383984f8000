"""Lines become columns, where columns can hold them."""

import pytest

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogEntry
from millstream_service.convert.logs.columns import MAX_KINDS, pack, pack_lines
from tests.convert.logs.made_lines import line_of
from tests.entities import DEBUG, at, entry

MANY = [entry(str(number), category=f"c{number}") for number in range(MAX_KINDS + 1)]


def messages(made: list[BuildLogEntry]) -> bytes:
    lines = [line_of(one, "build", seq) for seq, one in enumerate(made, 1)]
    return TailBuildLogsResponse(build_logs=lines).SerializeToString()


@pytest.mark.parametrize(
    ("made", "fits"),
    [(MANY, False), (MANY[1:], True), ([entry(category="c" * 60)], True), ([entry(category="c" * 61)], False)],
)
def test_columns_have_room_for_so_many_kinds_of_such_a_length(made: list[BuildLogEntry], fits: bool) -> None:
    assert (pack(messages(made)) is not None) is fits


def test_the_order_of_kinds_is_that_of_the_lines() -> None:
    found = pack(messages([entry("a", level=DEBUG), entry("b", category="link"), entry("c", level=DEBUG)]))
    assert found is not None
    texts, rest = found
    assert texts == b"a\nb\nc"
    assert rest[:2] == b"\n\x02"


@pytest.mark.parametrize(
    "line",
    [
        BuildLog(id="build/1", build_id="build", seq=1, level=DEBUG),
        BuildLog(build_id="build", seq=1, level=DEBUG, created_at=at(1)),
        BuildLog(id="build/1", build_id="build", seq=1, level=DEBUG, created_at=at(-(10**18))),
        BuildLog.FromString(line_of(entry("a"), "build", 1).SerializeToString() + b"\xa2\x06\x01x"),
    ],
)
def test_lines_that_we_did_not_put_together_are_packed_as_they_are_parsed(line: BuildLog) -> None:
    assert pack(TailBuildLogsResponse(build_logs=[line]).SerializeToString()) == pack_lines([line])
