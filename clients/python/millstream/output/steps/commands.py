"""Command lines that make, libtool, setuptools and others print before they run them."""

from __future__ import annotations

import re
from typing import Final

from millstream.output.lines.categories import Phase

_FOLDER: Final = r"(?:[^\s:()'\"`;]{0,300}/)?"
_LAUNCHER: Final = rf"(?:{_FOLDER}(?:ccache|sccache|distcc|icecc) )?"
_COMPILER: Final = re.compile(
    rf"{_LAUNCHER}{_FOLDER}(?:[\w.-]{{1,60}}-)?"
    r"(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|gfortran|nvcc|icc|icpc|icx|icpx|swiftc|rustc|javac|kotlinc|ghc|tsc|cl)"
    r"(?:-\d[\d.]{0,8})?(?:\.exe)? "
)
_ARCHIVER: Final = re.compile(rf"{_FOLDER}(?:[\w.-]{{1,60}}-)?(?:ar|ranlib|ld|ld\.\w{{1,8}}|lld|llvm-ar|libtool) [-\w]")
_INSTALLER: Final = re.compile(rf"{_FOLDER}(?:install|install-sh|ginstall) -|{_FOLDER}cmake -P cmake_install\.cmake")
_COMPILES_ONLY: Final = re.compile(r" (?:-[cES]|-fsyntax-only|/c) ")
_LIBTOOL: Final = re.compile(
    rf"(?:{_FOLDER}(?:ba|da)?sh )?(?:{_FOLDER}libtool .{{0,300}}?--mode=|libtool: )(compile|link|install)"
)
_LIBTOOL_MODES: Final = {"compile": Phase.COMPILE, "link": Phase.LINK, "install": Phase.INSTALL}
_ALWAYS_COMPILE: Final = re.compile(r"\S{0,300}(?:rustc|javac|kotlinc|swiftc|ghc|tsc)(?:\.exe)? ")


def find_command(text: str) -> Phase | None:
    """Return what the command line `text` does; None where it is not the command line of a tool that we know."""
    if " -" not in text and "ar " not in text and " /c " not in text:
        return None
    if text.startswith("cd "):  # `cd FOLDER && COMMAND`, as CMake's make files print it
        text = text.partition(" && ")[2]
    elif text.startswith(": && "):  # as ninja does
        text = text[5:]
    if "libtool" in text and (libtool := _LIBTOOL.match(text)):
        return _LIBTOOL_MODES[libtool[1]]
    if _COMPILER.match(text):
        return _phase_of_compiler(text)
    if _ARCHIVER.match(text):
        return Phase.LINK
    return Phase.INSTALL if _INSTALLER.match(text) else None


def _phase_of_compiler(text: str) -> Phase | None:
    if _COMPILES_ONLY.search(text) or _ALWAYS_COMPILE.match(text):
        return Phase.COMPILE
    return Phase.LINK if " -o" in text else None
