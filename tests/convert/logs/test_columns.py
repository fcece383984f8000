"""Lines become the same columns in C as in Python, and lines that we did not put together are left to Python."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogEntry
from millstream_service.convert.logs.columns import MAX_KINDS, pack, pack_nothing, plain_pack, quick_pack
from tests.convert.logs.made_lines import entries, line_of
from tests.entities import DEBUG, at, entry

compiled_only = pytest.mark.skipif(quick_pack is pack_nothing, reason="nothing was compiled")
MANY = [entry(str(number), category=f"c{number}") for number in range(MAX_KINDS + 1)]


def messages(made: list[BuildLogEntry], first_seq: int = 1) -> bytes:
    lines = [line_of(one, "build", seq) for seq, one in enumerate(made, first_seq)]
    return TailBuildLogsResponse(build_logs=lines).SerializeToString()


@compiled_only
@given(made=st.lists(entries(), min_size=1, max_size=9), seq=st.integers(1, 2**62))
def test_both_make_the_same_columns(made: list[BuildLogEntry], seq: int) -> None:
    data = messages(made, seq)
    expected = plain_pack(TailBuildLogsResponse.FromString(data).build_logs)
    assert quick_pack(data) == pack(data) == expected


@compiled_only
@pytest.mark.parametrize("made", [MANY, MANY[1:], [entry(category="c" * 60)], [entry(category="c" * 61)]])
def test_both_have_room_for_the_same_kinds(made: list[BuildLogEntry]) -> None:
    data = messages(made)
    assert quick_pack(data) == plain_pack(TailBuildLogsResponse.FromString(data).build_logs)


@compiled_only
def test_the_order_of_kinds_is_that_of_the_lines() -> None:
    data = messages([entry("a", level=DEBUG), entry("b", category="link"), entry("c", level=DEBUG)])
    found = quick_pack(data)
    assert found is not None
    texts, rest = found
    assert texts == b"a\nb\nc"
    assert rest[:2] == b"\n\x02"


@given(made=st.lists(entries(), max_size=3), data=st.data())
def test_bytes_of_any_kind_are_packed_or_not(made: list[BuildLogEntry], data: st.DataObject) -> None:
    whole = messages(made)
    start = data.draw(st.integers(0, len(whole)))
    spoilt = whole[:start] + data.draw(st.binary(max_size=8)) + whole[data.draw(st.integers(start, len(whole))) :]
    for some in (spoilt, whole[:start]):
        found = quick_pack(some)
        assert found is None or len(found) == 2


@pytest.mark.parametrize(
    "line",
    [
        BuildLog(id="build/1", build_id="build", seq=1, level=DEBUG),
        BuildLog(build_id="build", seq=1, level=DEBUG, created_at=at(1)),
        BuildLog(id="build/1", build_id="build", seq=1, level=DEBUG, created_at=at(-(10**18))),
        BuildLog.FromString(line_of(entry("a"), "build", 1).SerializeToString() + b"\xa2\x06\x01x"),
    ],
)
def test_lines_that_we_did_not_put_together_are_left_to_python(line: BuildLog) -> None:
    data = TailBuildLogsResponse(build_logs=[line]).SerializeToString()
    assert quick_pack(data) is None
    assert pack(data) == plain_pack([line])
