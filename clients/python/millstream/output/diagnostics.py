"""What a line complains of.

Three questions are asked, the cheap ones first: how it begins (`MESSAGE_OPENINGS`), what it contains (a few plain
searches), and, only if it contains one of the words, where exactly that word stands. A word such as "error" alone
says nothing: `-Werror`, `error.c` and `0 errors` are not errors.

Every pattern is bounded or possessive: the work grows no faster than the text.
"""

from __future__ import annotations

import re
from typing import Final

from millstream.builds.v1.build_log_pb2 import BuildLogLevel
from millstream.output.categories import Phase
from millstream.output.diagnostic import ERROR, INFO, WARNING, Diagnostic
from millstream.output.message_openings import MESSAGE_OPENINGS

_MAX_INDENT: Final = 8  # of a message; what stands further right is quoted or a source
_FOLDER: Final = r"(?:[^\s:()'\"`]{0,300}[/\\])?"

_WORD: Final = (
    r"(?:(?:[Ff]atal |internal compiler )?([Ee]rror|ERROR)"
    r"|([Ww]arning|WARNING|[A-Z]\w{0,40}Warning)"
    r"|(?:note|remark|info))"
)
_OF_COMPILERS: Final = ("warning", "Warning", "WARNING")  # `DeprecationWarning` is of a running program
_CODE: Final = r"(?: [A-Za-z]{1,8}\d{1,6})?"
_LOCATED: Final = re.compile(
    r"(?::\d{1,9}(?:[:.]\d{1,9}(?:-\d{1,9})?)?(?: ?:| -)"  # a.c:1: a.c:1:2: a.y:1.2-3: a.ts:1:2 -
    r"|\(\d{1,9}(?:[,:-]\d{1,9}){0,3}\) ?:)"  # a.cpp(1): a.cs(1,2):
    rf" {{0,2}}{_WORD}{_CODE}(?: ?:|\[)"
)
_SPOKEN: Final = (
    *(f"{before} {word}" for before in ":-" for word in ("error", "warning", "note", "remark", "info", "fatal")),
    *(f": {word}" for word in ("Error", "ERROR", "Warning", "WARNING", "Fatal", "internal")),
    "Warning:",
)
_NOT_BEFORE_A_PLACE: Final = re.compile(r"[\"`;|&]|\becho |\bprintf ")  # a command that may print a message
_JAVA_PLACE: Final = re.compile(r":\[\d{1,9},\d{1,9}\] ")
_BY_TOOL: Final = re.compile(rf"(?:{_FOLDER}([^\s:()'\"`/\\]{{1,100}}))(?:\[\d{{1,9}}\])?: {_WORD}{_CODE} ?: ")
_BY_CODE: Final = re.compile(rf"[^:\"]{{1,400}} : (?:Command line )?{_WORD} [A-Z]{{1,8}}\d{{1,6}} ?:")  # MSVC, MSBuild
_ESLINT: Final = re.compile(r"\d{1,9}:\d{1,9} {1,9}(?:(error)|(warning)) {1,9}\S")
_EXCEPTION: Final = re.compile(r"(?:[a-zA-Z_]\w{0,60}\.){0,12}[A-Z]\w{0,60}(?:Error|Exception)(?:: |\Z)")

_LINKER: Final = re.compile(r"(?:[\w.-]{1,40}-)?(?:ld(?:64)?(?:\.\w{1,8})?|lld(?:-link)?|collect2|link)(?:\.exe)?\Z")
_COMPILER: Final = re.compile(
    r"(?:[\w.-]{1,40}-)?(?:gcc|g\+\+|cc|c\+\+|cc1\w{0,8}|clang(?:\+\+)?|swiftc?|swift-frontend|rustc|javac|kotlinc)"
    r"(?:-[\d.]{1,9})?(?:\.exe)?\Z"
)
_UNDEFINED: Final = re.compile(
    r": (?:undefined reference to |multiple definition of |cannot find -l|symbol\(s\) not found for )"
)
_LD_MISSES: Final = re.compile(rf"{_FOLDER}ld: (?:library|framework|file|cannot find|can't|could not|unknown) ")
_SHELL_MISSES: Final = re.compile(rf"{_FOLDER}[a-z]{{0,4}}sh: .{{0,400}}not found\Z|\S.{{0,400}}: command not found\Z")

_MAKE_IGNORES: Final = re.compile(
    rf"{_FOLDER}[\w.-]{{0,40}}make(?:\.exe)?(?:\[\d{{1,9}}\])?: (?:\*\*\* )?\[.{{1,1000}}\(ignored\)\Z"
)
_MAKE_STOPS: Final = re.compile(
    rf"(?:{_FOLDER}[\w.-]{{0,40}}make(?:\.exe)?(?:\[\d{{1,9}}\])?: )?\*\*\* |[^\s:]{{1,400}}:\d{{1,9}}: \*\*\* "
)
_FAILED: Final = re.compile(
    r"(?:> Task :\S{1,400}|:\S{1,400})? FAILED\Z"  # a task of gradle; its name may stand in an earlier line
    r"|\S.{0,400}? > .{1,400} FAILED\Z"  # a test of gradle
    r"|\S{1,400}?(?:\.py|::).{0,400}? (?:FAILED|ERROR)(?: {1,200}\[ {0,3}\d{1,3}%\])?\Z"  # pytest
    r"|//\S{1,400} {1,200}FAILED (?:in |TO )"  # bazel
)
_CTEST_FAILED: Final = re.compile(r" {0,9}\d{1,9}/\d{1,9} Test {1,9}#\d{1,9}: .{1,400}?\*\*\*\S")
_GO: Final = re.compile(r"(?:vet: )?[^\s:]{1,400}\.go:\d{1,9}:\d{1,9}: \S")


def find_diagnostic(text: str) -> Diagnostic | None:
    """Return what the line `text`, which is not blank, complains of; None where it is an ordinary line."""
    bare = text.lstrip(" \t") if text[0] == " " or text[0] == "\t" else text
    found = MESSAGE_OPENINGS.find(bare) if len(text) - len(bare) <= _MAX_INDENT else None
    if found is not None:
        return _placed(found, bare) if bare[0] == "[" else found
    if ":" in text:
        found = _by_word(text, bare) or _by_phrase(text)
    if found is None and ("FAILED" in text or "***" in text or text.endswith(("Error", "Exception", "%]"))):
        found = _by_ending(text)
    return found


def _placed(found: Diagnostic, text: str) -> Diagnostic:
    """Tell messages of maven and sbt that name a place in a source from those that don't."""
    if _JAVA_PLACE.search(text) or _LOCATED.search(text):
        return Diagnostic(found.level, located=True)
    return found


def _by_word(text: str, bare: str) -> Diagnostic | None:
    if "rror" in text or "arning" in text or "note: " in text or "ERROR" in text or "WARNING" in text:
        if any(spoken in text for spoken in _SPOKEN):
            if (place := _LOCATED.search(text)) and not _NOT_BEFORE_A_PLACE.search(text, 0, place.start()):
                return Diagnostic(_level(place[1], place[2]), located=place[2] is None or place[2] in _OF_COMPILERS)
            if tool := _BY_TOOL.match(bare):
                return Diagnostic(_level(tool[2], tool[3]), _phase_of_tool(tool[1], text))
            if code := _BY_CODE.match(bare):
                return Diagnostic(_level(code[1], code[2]))
        if eslint := _ESLINT.match(bare):
            return Diagnostic(_level(eslint[1], eslint[2]))
    if ("Error: " in text or "Exception: " in text) and _EXCEPTION.match(text):
        return Diagnostic(ERROR)
    return None


def _level(error: str | None, warning: str | None) -> BuildLogLevel:
    if error is not None:
        return ERROR
    return INFO if warning is None else WARNING


def _phase_of_tool(tool: str, text: str) -> Phase | None:
    if _LINKER.match(tool) or "linker command failed" in text:
        return Phase.LINK
    return Phase.COMPILE if _COMPILER.match(tool) else None


def _by_phrase(text: str) -> Diagnostic | None:
    if "not f" in text or "undefined " in text or "multiple " in text or "find -l" in text:
        return _by_what_is_missing(text)
    if ".go:" in text and _GO.match(text):
        return Diagnostic(ERROR, Phase.COMPILE, located=True)
    if text[-1] == ")" and text.endswith("(ignored)") and _MAKE_IGNORES.match(text):
        return Diagnostic(WARNING)
    return None


def _by_what_is_missing(text: str) -> Diagnostic | None:
    if _UNDEFINED.search(text) or _LD_MISSES.match(text):
        return Diagnostic(ERROR, Phase.LINK)
    return Diagnostic(ERROR) if _SHELL_MISSES.match(text) else None


def _by_ending(text: str) -> Diagnostic | None:
    if _MAKE_STOPS.match(text) or _CTEST_FAILED.match(text):
        return Diagnostic(ERROR)
    return Diagnostic(ERROR) if _FAILED.match(text) or _EXCEPTION.match(text) else None
