"""Values are whole: a list that comes in parts is shown when its last part is there, never before."""

from millstream.builds.v1.backend_service_pb2 import StreamBuildLogIdsResponse, StreamBuildResponse
from millstream.builds.v1.build_pb2 import Build
from millstream.common.v1.position_pb2 import Position
from millstream.streams.assembly import Assembly, ListAssembly

SOME = "t"
FULL = [str(number) for number in range(10_000)]


def ids() -> ListAssembly[StreamBuildLogIdsResponse, str]:
    return ListAssembly(lambda message: message.build_log_ids)


def part(
    values: list[str], token: str = SOME, *, append: bool = False, unchanged: bool = False
) -> StreamBuildLogIdsResponse:
    position = Position(revision=1, resume_token=token.encode(), append=append, unchanged=unchanged)
    return StreamBuildLogIdsResponse(position=position, build_log_ids=values)


def test_a_short_list_is_whole() -> None:
    assembly = ids()
    assert assembly.add(part(["a"], "t1"))
    assert (assembly.value, assembly.token) == ([["a"]], b"t1")


def test_an_empty_list_is_a_value() -> None:
    assembly = ids()
    assert assembly.add(part([]))
    assert assembly.value == [[]]


def test_a_list_in_parts_is_shown_once_it_is_whole() -> None:
    assembly = ids()
    assert not assembly.add(part(FULL, ""))
    assert (assembly.value, assembly.token) == ([], b""), "neither half a list nor the token of one"
    assert not assembly.add(part(FULL, "", append=True))
    assert assembly.add(part(["last"], "whole", append=True))
    assert (assembly.value, assembly.token) == ([[*FULL, *FULL, "last"]], b"whole")


def test_a_part_says_that_more_will_follow_by_having_no_token() -> None:
    assembly = ids()
    assert not assembly.add(part(["a"], ""))
    assert assembly.add(part([], "t", append=True))
    assert (assembly.value, assembly.token) == ([["a"]], b"t")
    assert assembly.add(part(FULL, "t2")), "however many they are"


def test_a_list_grows_at_its_end() -> None:
    assembly = ids()
    assembly.add(part(["a"]))
    assert assembly.add(part(["b", "c"], "t2", append=True))
    assert (assembly.value, assembly.token) == ([["a", "b", "c"]], b"t2")


def test_a_growth_in_parts_is_shown_once_it_is_whole() -> None:
    assembly = ids()
    assembly.add(part(["a"], "t1"))
    assert not assembly.add(part(FULL, "", append=True))
    assert (assembly.value, assembly.token) == ([["a"]], b"t1")
    assert assembly.add(part(["z"], "t2", append=True))
    assert (assembly.value, assembly.token) == ([["a", *FULL, "z"]], b"t2")


def test_a_growth_by_nothing_is_no_value() -> None:
    assembly = ids()
    assembly.add(part(["a"]))
    assert not assembly.add(part([], "t2", append=True))
    assert assembly.token == b"t2"


def test_a_new_list_ends_one_that_was_not_whole() -> None:
    assembly = ids()
    assembly.add(part(FULL, ""))
    assert assembly.add(part(["new"]))
    assert assembly.value == [["new"]]


def test_after_a_break_half_a_list_is_forgotten() -> None:
    assembly = ids()
    assembly.add(part(["old"], "t1"))
    assembly.add(part(FULL, ""))
    assembly.reopen()
    assert assembly.token == b"t1"
    assert assembly.add(part(["tail"], "t2", append=True)), "it extends what the token stands for"
    assert assembly.value == [["old", "tail"]]


def test_after_a_break_half_a_growth_is_forgotten() -> None:
    assembly = ids()
    assembly.add(part(["old"], "t1"))
    assembly.add(part(FULL, "", append=True))
    assembly.reopen()
    assert not assembly.add(part([], "t1", unchanged=True))
    assert assembly.value == [["old"]]


def test_unchanged_is_no_value_but_may_bring_a_newer_token() -> None:
    assembly = ids()
    assembly.add(part(["a"], "t1"))
    assembly.reopen()
    assert not assembly.add(part([], "t2", unchanged=True))
    assert (assembly.value, assembly.token) == ([["a"]], b"t2")
    assert not assembly.add(part([], "", unchanged=True))
    assert assembly.token == b"t2"


def test_a_value_that_comes_again_after_a_break_is_no_new_one() -> None:
    assembly = ids()
    assembly.add(part(["a"]))
    assembly.reopen()
    assert not assembly.add(part(["a"], "t2"))
    assert assembly.add(part(["a", "b"]))
    assembly.reopen()
    assert assembly.add(part(["c"]))


def test_single_values() -> None:
    def read(message: StreamBuildResponse) -> Build | None:
        return message.build if message.HasField("build") else None

    assembly = Assembly(read)
    there = StreamBuildResponse(build=Build(id="b"))
    assert assembly.add(there)
    assert assembly.value == [Build(id="b")]
    assert assembly.add(StreamBuildResponse())
    assert assembly.value == [None]
    assembly.reopen()
    assert not assembly.add(StreamBuildResponse()), "still absent"
    assert assembly.add(there)
