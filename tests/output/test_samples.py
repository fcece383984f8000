"""Real logs: the counts and lines below were read in the files, not printed by the parser."""

from collections import Counter

import pytest

from millstream.output import Line
from tests.output.output_of import ERROR, INFO, WARNING, sample


def _numbers(lines: list[Line], level: int) -> list[int]:
    return [number for number, line in enumerate(lines, 1) if line.level == level]


def _categories(lines: list[Line], *numbers: int) -> list[str]:
    return [lines[number - 1].category for number in numbers]


def test_xcodebuild_that_succeeds() -> None:
    lines = sample("xcodebuild15.1_clean_build_succeeded_2.8MB.log")
    assert len(lines) == 3116
    assert _numbers(lines, ERROR) == []
    assert _numbers(lines, WARNING) == [3113, 3114]
    assert {line.level for line in lines} == {INFO, WARNING}


def test_xcodebuild_steps_with_their_commands() -> None:
    lines = sample("xcodebuild15.1_clean_build_succeeded_2.8MB.log")
    first_words = {
        "SwiftCompile": ("compile", 316),
        "SwiftDriverJobDiscovery": ("compile", 102),
        "SwiftEmitModule": ("compile", 10),
        "SwiftDriver\\": ("compile", 20),
        "Ld": ("link", 16),
        "CreateUniversalBinary": ("link", 8),
        "CopyStringsFile": ("resource", 72),
        "CompileAssetCatalog": ("resource", 5),
        "ProcessInfoPlistFile": ("resource", 8),
        "WriteAuxiliaryFile": ("prepare", 72),
        "MkDir": ("prepare", 32),
        "Copy": ("resource", 56),
        "RegisterExecutionPolicyException": ("codesign", 11),
        "Validate": ("package", 1),
    }
    found = Counter((line.content.partition(" ")[0], line.category) for line in lines)
    assert {word: [(c, n) for (w, c), n in found.items() if w == word] for word in first_words} == {
        word: [expected] for word, expected in first_words.items()
    }
    commands = [line for line in lines if line.content.startswith("    ") and not line.content.isspace()]
    assert "stdout" not in {line.category for line in commands}
    assert {line.category for line in lines if not line.content} == {"stdout"}
    reported = [line.content for line in lines if line.category == "stdout" and line.content.strip()]
    assert [text[:42] for text in reported] == [
        "note: Using codesigning identity override:",
        "** CLEAN SUCCEEDED **",
        "note: Using codesigning identity override:",
        "warning: Widgets isn't code signed but req",
        "warning: Backyard Birds isn't code signed ",
        "** BUILD SUCCEEDED **",
    ]


def test_xcodebuild_that_fails() -> None:
    lines = sample("xcodebuild5_compile_fail.log")
    assert _numbers(lines, ERROR) == [17, 20]
    assert _numbers(lines, WARNING) == []  # the command is full of -Werror
    assert _categories(lines, 1, 2, 4, 6) == ["configure", "configure", "prepare", "prepare"]
    assert set(_categories(lines, *range(12, 24))) == {"compile"}


def test_swift_package_tests() -> None:
    lines = sample("swift_testing_spi_full.log")
    assert _numbers(lines, WARNING) == [1, 1076, *range(2157, 2169)]
    assert _numbers(lines, ERROR) == [2215, 2216, 2218, 2219, 2220, 2221, 2223, 2231]
    assert set(_categories(lines, *range(2156, 2181), 2201)) == {"compile"}
    assert set(_categories(lines, *range(2203, 2232))) == {"test"}
    assert [(n, line.progress) for n, line in enumerate(lines, 1) if line.progress is not None] == [(2201, 1.0)]


def test_gcc_under_recursive_make() -> None:
    lines = sample("make_recursive_gcc.log")
    assert _numbers(lines, ERROR) == []
    assert _numbers(lines, WARNING) == [3, 22, 26]
    assert set(_categories(lines, 2, 3, 4, 5, *range(19, 29))) == {"compile"}
    assert _categories(lines, 1, 7, 8) == ["stdout", "stdout", "configure"]


def test_gcc_under_cmake_and_ninja() -> None:
    lines = sample("ninja_gcc.log")
    assert _numbers(lines, ERROR) == []
    assert _numbers(lines, WARNING) == [16, 17, 19, 21, 22, 23, 32]  # all that CMake's warning says
    assert set(_categories(lines, *range(2, 18), 19, *range(26, 29))) == {"configure"}
    assert set(_categories(lines, *range(30, 35))) == {"compile"}
    assert _categories(lines, 35) == ["link"]
    assert (lines[29].progress, lines[34].progress) == (0.5, 1.0)


def test_maven_as_jenkins_writes_it() -> None:
    lines = sample("maven_javac_jenkins_parallel.log")
    assert _numbers(lines, ERROR) == []
    assert _numbers(lines, WARNING) == [65, 67]  # not `[WARNINGS] Parsing warnings of log file`
    phases = ((1, 2, "stdout"), (3, 7, "clean"), (8, 9, "resource"), (12, 61, "resolve"), (62, 68, "compile"))
    for first, last, category in phases:
        assert set(_categories(lines, *range(first, last + 1))) == {category}
    assert set(_categories(lines, *range(69, 78))) == {"stdout"}


def test_javac_under_gradle() -> None:
    lines = sample("gradle_local_compile_error.log")
    assert _numbers(lines, WARNING) == [6, 12, 18]
    assert _numbers(lines, ERROR) == [23, 30, 32, 34, 35, 36, 43]
    assert set(_categories(lines, *range(6, 31))) == {"compile"}
    assert _categories(lines, 4, 5, 32, 43) == ["stdout"] * 4


def test_clippy() -> None:
    lines = sample("cargo_clippy.log")
    said = [line for line in lines if line.level > INFO and "-->" not in line.content]
    assert Counter(line.level for line in said) == {WARNING: 17, ERROR: 1}
    places = [line for line in lines if line.level > INFO and "-->" in line.content]
    assert Counter(line.level for line in places) == {WARNING: 16, ERROR: 1}
    assert lines[0].category == "stdout"  # that rustc speaks is known from its second line on
    assert {line.category for line in lines[1:] if line.content} == {"compile"}


@pytest.mark.parametrize("name", ["ninja_gcc.log", "swift_testing_spi_full.log"])
def test_nothing_is_hidden(name: str) -> None:
    assert all(line.level >= INFO for line in sample(name))
