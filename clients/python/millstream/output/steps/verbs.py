"""The verbs that ninja, CMake, swift, yarn and make files put before what they work on."""

from __future__ import annotations

import re
from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.steps.step import Reach, Step

# `[3/10] Compiling main.swift`, `[ 50%] Linking C executable x`, `[1/9] CXX obj/main.o`
_BRACKET: Final = re.compile(r"\[[ \d,]{1,16}+(?:%|/)[^\]\[]{0,60}\] (?:\[[^\]]{1,60}\] )?(\S{1,60})(?: (\S{1,60}))?")
_BRACKET_WORDS: Final = {
    Phase.RESOLVE: "Resolving Fetching Downloading Cloning",
    Phase.CONFIGURE: "Re-checking Re-running Configuring",
    Phase.PREPARE: "Generating Planning Write Creating Running ACTION STAMP Automatic",
    Phase.COMPILE: "Building Compiling Emitting Merging Scanning Wrapping CC CXX OBJC OBJCXX ASM RUST SWIFT",
    Phase.LINK: "Linking Archiving LINK SOLINK ALINK AR LIB",
    Phase.RESOURCE: "Copying Processing COPY",
    Phase.CODESIGN: "Applying Signing",
    Phase.PACKAGE: "Packaging Stripping",
    Phase.INSTALL: "Install Installing",
    Phase.TEST: "Testing",
    Phase.CLEAN: "Cleaning",
}
_BRACKET_VERBS: Final = {word: phase for phase, words in _BRACKET_WORDS.items() for word in words.split()}
_BRACKET_PAIRS: Final = {
    ("Linking", "dependencies..."): Phase.RESOLVE,  # yarn
    ("Building", "fresh"): Phase.RESOLVE,
    ("Creating", "library"): Phase.LINK,
    ("Running", "tests..."): Phase.TEST,
    ("Performing", "download"): Phase.RESOLVE,  # CMake's external projects
    ("Performing", "update"): Phase.RESOLVE,
    ("Performing", "configure"): Phase.CONFIGURE,
    ("Performing", "build"): Phase.COMPILE,
    ("Performing", "install"): Phase.INSTALL,
    ("Performing", "test"): Phase.TEST,
}
_BLOCKS: Final = {phase: Step(phase, Reach.BLOCK) for phase in (None, *Phase)}
_BUILT: Final = Step(None, Reach.SELF)  # CMake's `[ 50%] Built target x`

# `  CC      init/main.o`, `  HOSTLD  scripts/x`, `  CC [M]  a.o`
_MAKE: Final = re.compile(r" {1,4}([A-Z]{2,12}+)(?: \[[A-Z]\])? {2,9}\S")
_MAKE_WORDS: Final = {
    Phase.PREPARE: "GEN UPD CHK WRAP MKDIR LN CP LEX YACC MOC UIC RCC SYNC SYSHDR SYSTBL DESCEND",
    Phase.COMPILE: "CC CXX HOSTCC HOSTCXX AS ASM OBJC GCC CPP RUSTC BINDGEN DTC MODPOST NVCC FC GOC",
    Phase.LINK: "LD CCLD CXXLD HOSTLD AR LINK RANLIB LDS FCLD GOCLD VMLINUX KSYMS KSYM BTF",
    Phase.PACKAGE: "OBJCOPY STRIP ZIP GZIP TAR",
    Phase.CODESIGN: "SIGN",
    Phase.INSTALL: "INSTALL DEPMOD",
    Phase.TEST: "TEST CHECK",
    Phase.CLEAN: "CLEAN RM",
    Phase.DOCS: "DOC MAN SPHINX",
}
_MAKE_STEPS: Final = {word: Step(phase, Reach.LINE) for phase, words in _MAKE_WORDS.items() for word in words.split()}


def find_bracket_step(text: str) -> Step | None:
    """Return the step that `text`, which begins with a bracket, begins; None where it has no count in brackets."""
    bracket = _BRACKET.match(text)
    if bracket is None:
        return None
    verb, second = bracket.groups()
    if verb == "Built":
        return _BUILT
    return _BLOCKS[_BRACKET_PAIRS.get((verb, second)) or _BRACKET_VERBS.get(verb)]


def find_make_step(text: str) -> Step | None:
    """Return the step that `text`, which begins with a space, begins: a short form of a command; None: none."""
    make = _MAKE.match(text)
    return None if make is None else _MAKE_STEPS.get(make[1])
