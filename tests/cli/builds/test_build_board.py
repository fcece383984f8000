"""The newest builds of many projects, as one list."""

from collections.abc import Callable

from millstream.builds.v1.build_pb2 import BUILD_STATUS_FAILED, BUILD_STATUS_RUNNING, Build, BuildStatus
from millstream.cli.builds.board import BuildBoard
from millstream.cli.builds.filter import BuildFilter

MakeBuild = Callable[..., Build]


def _board(*statuses: BuildStatus, version: str = "", limit: int = 20) -> BuildBoard:
    return BuildBoard(BuildFilter("", frozenset(statuses), version, limit))


def _ids(builds: list[Build]) -> list[str]:
    return [build.id for build in builds]


def test_builds_of_all_projects_are_newest_first_and_so_many_at_most(make_build: MakeBuild) -> None:
    board = _board(limit=3)
    board.replace("one", [make_build(id="b", ago=20), make_build(id="d", ago=40)])
    board.replace("two", [make_build(id="a", ago=10), make_build(id="c", ago=20)])
    assert _ids(board.builds()) == ["a", "c", "b"]
    board.drop("two")
    assert _ids(board.builds()) == ["b", "d"]


def test_a_build_that_no_longer_matches_goes(make_build: MakeBuild) -> None:
    board = _board(BUILD_STATUS_RUNNING, version="1.0")
    board.replace("one", [make_build(id="a", status=BUILD_STATUS_RUNNING, version_string="1.0")])
    assert _ids(board.builds()) == ["a"]
    board.replace("one", [make_build(id="a", status=BUILD_STATUS_FAILED, version_string="1.0")])
    assert board.builds() == []


def test_a_change_is_told_once_and_in_the_order_of_time(make_build: MakeBuild) -> None:
    board = _board()
    new, old = make_build(id="new", ago=1), make_build(id="old", ago=9)
    board.replace("one", [new, old])
    assert _ids(board.take_changed()) == ["old", "new"]
    board.replace("one", [new, old])
    assert board.take_changed() == []
    board.replace("one", [new, make_build(id="old", ago=9, progress=0.5)])
    assert _ids(board.take_changed()) == ["old"]


def test_a_filter_looks_at_more_builds_than_it_shows() -> None:
    assert BuildFilter("", frozenset(), "", 20).watched == 20
    assert BuildFilter("", frozenset(), "1.0", 20).watched == 200
    assert BuildFilter("", frozenset(), "1.0", 500).watched == 500
