"""How the messages of tools begin: a table, and nothing but."""

from __future__ import annotations

import re
from typing import Final

from millstream.output.categories import Phase
from millstream.output.diagnostic import ARROW, ERROR, INFO, WARNING, Diagnostic
from millstream.output.openings import Openings

_INDENTED: Final = re.compile(r"[ \t]{1,100}+\S")
_INDENTED_OR_BLANK: Final = re.compile(r"[ \t]|\Z")
_TABBED: Final = re.compile(r"\t")
_UNTIL_BLANK: Final = re.compile(r"[ \t]*+\S")

_SAYS_NOTHING: Final = r"(?! {0,9}+(?:0|none|null|nil|false|no|ok)[.,]?\Z)"  # `error: 0`, `warning: none`
_TAG: Final = r"(?:\[[\w .:-]{1,40}+\] )?\["  # `[ERROR]`, and `[step] [ERROR]` as Jenkins writes it
_PYTHON_TEST: Final = r"\S{1,400}?(?:\.py|::)"

MESSAGE_OPENINGS: Final = Openings[Diagnostic](
    (
        # many tools
        (
            "eEfFiI",
            rf"(?:[Ff]atal |[Ii]nternal compiler )?(?:[Ee]rror|ERROR): {_SAYS_NOTHING}",
            Diagnostic(ERROR, follow=ARROW),
        ),
        ("wW", rf"(?:[Ww]arning|WARNING|warn|WARN): {_SAYS_NOTHING}", Diagnostic(WARNING, follow=ARROW)),
        ("nNhr", r"(?:[Nn]ote|help|remark): ", Diagnostic(INFO)),
        ("fFSpP", r"(?:fatal|FATAL|SEVERE|panic|PANIC): ", Diagnostic(ERROR)),
        ("[", rf"{_TAG}(?:ERROR|FATAL|SEVERE|[Ee]rror|[Ff]atal)\]", Diagnostic(ERROR)),
        ("[", rf"{_TAG}(?:WARNING|WARN|[Ww]arning|[Ww]arn)\]", Diagnostic(WARNING)),
        ("[", rf"{_TAG}INFO\] BUILD FAILURE", Diagnostic(ERROR)),
        ("SBIKA", r"(?:Segmentation fault|Bus error|Illegal instruction|Killed: 9|Abort trap: 6)\b", Diagnostic(ERROR)),
        ("T", r"Traceback \(most recent call last\):", Diagnostic(ERROR)),
        ("E", r"Exception in thread ", Diagnostic(ERROR)),
        # gcc, rustc, kotlinc, ld of Xcode
        ("e", r"error\[[A-Z]\d{1,6}\]: ", Diagnostic(ERROR, Phase.COMPILE, located=True, follow=ARROW)),
        ("w", r"warning\[[A-Za-z]\w{0,60}\]: ", Diagnostic(WARNING, Phase.COMPILE, located=True, follow=ARROW)),
        ("c", r"cc1\w{0,8}: (?:all|some) warnings being treated as errors", Diagnostic(ERROR, Phase.COMPILE)),
        ("t", r"thread '.{1,400}?' (?:\(\d{1,12}\) )?panicked at ", Diagnostic(ERROR)),
        ("e", r"e: (?:file:|/|\w:)", Diagnostic(ERROR, Phase.COMPILE, located=True)),
        ("w", r"w: (?:file:|/|\w:)", Diagnostic(WARNING, Phase.COMPILE, located=True)),
        ("U", r"Undefined symbols for architecture ", Diagnostic(ERROR, Phase.LINK, follow=_INDENTED)),
        ("d", r"duplicate symbol '", Diagnostic(ERROR, Phase.LINK, follow=_INDENTED)),
        # xcodebuild
        ("*", r"\*\* [A-Z -]{1,40}(?:FAILED|INTERRUPTED) \*\*", Diagnostic(ERROR)),
        ("C", r"Command \S{1,100} failed with a nonzero exit code", Diagnostic(ERROR)),
        ("T", r"The following build commands failed:", Diagnostic(ERROR, follow=_TABBED)),
        ("TF", r"(?:Testing failed|Failing tests):", Diagnostic(ERROR, Phase.TEST, follow=_TABBED)),
        # gradle, ant, MSBuild
        ("F", r"FAILURE: ", Diagnostic(ERROR)),
        ("B", r"BUILD FAIL(?:ED|URE)\b|Build (?:FAILED|failed)\b", Diagnostic(ERROR)),
        ("*", r"\* What went wrong:", Diagnostic(ERROR, follow=_UNTIL_BLANK)),
        ("E", r"Execution failed for task ", Diagnostic(ERROR)),
        # cmake, ninja
        ("C", r"CMake (?:Internal )?Error", Diagnostic(ERROR, Phase.CONFIGURE, follow=_INDENTED_OR_BLANK)),
        (
            "C",
            r"CMake (?:Deprecation |Internal )?Warning",
            Diagnostic(WARNING, Phase.CONFIGURE, follow=_INDENTED_OR_BLANK),
        ),
        ("F", r"FAILED: ", Diagnostic(ERROR)),
        ("n", r"ninja: build stopped", Diagnostic(ERROR)),
        # npm, yarn, webpack, pip
        ("n", r"npm (?:ERR!|error) ", Diagnostic(ERROR)),
        ("n", r"npm (?:WARN|warn) ", Diagnostic(WARNING)),
        ("e", r"error (?=Command failed|An unexpected |Couldn't |Found )", Diagnostic(ERROR)),
        ("w", r'warning (?=package\.json|"|\S{1,200} > )', Diagnostic(WARNING)),
        ("E", r"ERROR in ", Diagnostic(ERROR)),
        ("W", r"WARNING in ", Diagnostic(WARNING)),
        ("D", r"DEPRECATION: ", Diagnostic(WARNING)),
        # swift-testing, XCTest
        ("✘×\U00100884", r". .{0,1000}?(?: failed after | recorded an issue)", Diagnostic(ERROR, Phase.TEST)),
        ("⚠\U001001ff", r".\ufe0e? ", Diagnostic(WARNING)),
        ("T", r"Test (?:Case|Suite) '.{1,1000}?' failed ", Diagnostic(ERROR, Phase.TEST)),
        (
            "E",
            r"Executed \d{1,9} tests?, with (?:\d{1,9} tests? skipped and )?[1-9]\d{0,8} fail",
            Diagnostic(ERROR, Phase.TEST),
        ),
        # go, cargo, pytest, unittest, jest, TAP
        ("-", r"--- FAIL: ", Diagnostic(ERROR, Phase.TEST)),
        ("F", r"FAIL(?:: |\t|\Z)|FAIL  ?\S{1,400}[./]", Diagnostic(ERROR, Phase.TEST)),
        ("t", r"test \S{1,400} (?:- .{1,200}? )?\.\.\. FAILED|test result: FAILED", Diagnostic(ERROR, Phase.TEST)),
        ("FE", rf"(?:FAILED|ERROR) (?:collecting |{_PYTHON_TEST})", Diagnostic(ERROR, Phase.TEST)),
        ("F", r"FAILED \((?:failures|errors)=", Diagnostic(ERROR, Phase.TEST)),
        ("E", r"E {3,40}\S", Diagnostic(ERROR, Phase.TEST)),
        ("=", r"={3,200}+ (?:\d{1,9} [a-z]{1,12}, ){0,8}\d{1,9} (?:failed|errors?)[, ]", Diagnostic(ERROR, Phase.TEST)),
        (
            "0123456789",
            r"(?:\d{1,9} [a-z]{1,12}, ){0,8}\d{1,9} (?:failed|errors?)(?:, .{1,200})? in \d[\d.]{0,9}s",
            Diagnostic(ERROR, Phase.TEST),
        ),
        ("n", r"not ok \d{1,9}\b(?!.{0,1000}# (?:TODO|SKIP|todo|skip))", Diagnostic(ERROR, Phase.TEST)),
    )
)
"""For a line without its indentation."""
