"""How people name a build."""

from collections.abc import Callable
from typing import Any

import pytest

from millstream import Build
from millstream.cli.builds.reference import find_build
from millstream.cli.shared.errors import CommandError, NotThereError

Command = Callable[..., Any]


@pytest.fixture
def builds(recorded: Any) -> list[Build]:
    """Oldest first."""
    return [
        recorded.build(id="aaa-1", build_number=268),
        recorded.build("Orbit", id="aaa-2", build_number=268),
        recorded.build("Orbit", id="bbb/7", build_number=269),
        recorded.build(id="0270ff", build_number=7),
        recorded.build(id="ccc", build_number=270),
    ]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("latest", "ccc"),
        ("last", "ccc"),
        ("aaa-1", "aaa-1"),
        ("bbb", "bbb/7"),
        ("bbb/7", "bbb/7"),
        ("269", "bbb/7"),
        ("#269", "bbb/7"),
        ("270", "ccc"),
        ("027", "0270ff"),
        ("zlib/268", "aaa-1"),
        ("net.zlib/268", "aaa-1"),
        ("Orbit/#268", "aaa-2"),
        ("Orbit/latest", "bbb/7"),
        ("net.zlib/last", "ccc"),
    ],
)
def test_what_means_one_build(recorded: Any, builds: list[Build], reference: str, expected: str) -> None:
    assert find_build(recorded.client, reference).id == expected


@pytest.mark.parametrize("reference", ["zzz", "271", "#1", "zlib/269", "", "a/b/c", "x" * 300, "\x00", "aaa-12"])
def test_what_means_none(recorded: Any, builds: list[Build], reference: str) -> None:
    with pytest.raises(NotThereError, match="there is no build"):
        find_build(recorded.client, reference)


def test_a_project_that_is_not_there(recorded: Any, builds: list[Build]) -> None:
    with pytest.raises(NotThereError, match="there is no project nope"):
        find_build(recorded.client, "nope/1")


def test_where_there_are_no_builds_latest_says_what_to_do(recorded: Any) -> None:
    with pytest.raises(NotThereError, match="millstream run"):
        find_build(recorded.client, "latest")


@pytest.mark.parametrize("reference", ["aaa", "268"])
def test_what_means_several_lists_them(recorded: Any, builds: list[Build], reference: str) -> None:
    with pytest.raises(CommandError) as raised:
        find_build(recorded.client, reference)
    first, headings, *candidates = str(raised.value).splitlines()
    assert first == f"{reference} may be any of 2 builds: say which"
    assert headings.split()[-1] == "ID"
    assert [line.split()[-1] for line in candidates] == ["aaa-2", "aaa-1"]


def test_names_of_projects_may_be_taken_twice(recorded: Any, command: Command) -> None:
    from millstream import Project

    recorded.client.builds.create_project(Project(bundle_identifier="other", name="zlib"))
    said = "millstream: several projects are named zlib: name one by its id: other, net.zlib\n"
    assert command("builds", "--project", "zlib") == (1, "", said)
