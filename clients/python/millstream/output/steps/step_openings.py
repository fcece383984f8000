"""How the steps of build tools begin: a table, and nothing but."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.lines.openings import Openings
from millstream.output.steps.step import Reach, Step

_OVER: Final = Step(None, Reach.END)
_TAG: Final = r"(?:\[[\w .:-]{1,40}+\] )?"  # of Jenkins: `[step] [INFO] …`

STEP_OPENINGS: Final = Openings[Step](
    (
        # xcodebuild (its steps: xcode_steps)
        ("C", r"Command line invocation:", Step(Phase.CONFIGURE, Reach.BLOCK, prints_commands=True)),
        ("UB", r"(?:User defaults|Build settings) from ", Step(Phase.CONFIGURE, Reach.BLOCK, prints_commands=True)),
        ("RP", r"Resolve Package Graph|Resolved source packages:|Prepare packages", Step(Phase.RESOLVE, Reach.BLOCK)),
        ("=", r"=== CLEAN TARGET ", Step(Phase.CLEAN, Reach.BLOCK)),
        ("=", r"=== (?:BUILD|ANALYZE) (?:AGGREGATE )?TARGET ", Step(Phase.PREPARE, Reach.BLOCK)),
        ("C", r"Check dependencies\Z", Step(Phase.PREPARE, Reach.BLOCK)),
        ("*", r"\*\* [A-Z][A-Z -]{1,60} \*\*", _OVER),
        # swift package manager
        (
            "FCU",
            r"(?:Fetch(?:ing|ed)|Cloning|Updat(?:ing|ed)) (?:https?|git|ssh|file)\S|Comput(?:ing|ed) (?:version|http)",
            Step(Phase.RESOLVE, Reach.SELF),
        ),
        ("CW", r"(?:Creating working|Working) copy (?:for|of) |Checking out ", Step(Phase.RESOLVE, Reach.SELF)),
        ("B", r"Building for [a-z]{1,20}\.\.\.", Step(Phase.COMPILE, Reach.BLOCK)),
        ("C", r"Compile Swift Module '", Step(Phase.COMPILE, Reach.LINE)),
        ("B", r"Build complete!", _OVER),
        # compilers
        ("I", r"In file included from \S", Step(Phase.COMPILE, Reach.LINE)),
        ("#", r"# [\w.-]{1,100}/[\w./-]{1,400}\Z", Step(Phase.COMPILE, Reach.LINE)),  # go
        # tests: XCTest, swift-testing, pytest, cargo, go, ctest
        ("T", r"Test Suite '(?:All|Selected) tests' (?:passed|failed)", Step(Phase.TEST, Reach.END)),
        ("T", r"Test Suite '.{1,400}?' (?:started|passed|failed)", Step(Phase.TEST, Reach.SECTION)),
        ("T", r"Test [Cc]ase '.{1,1000}?' (?:started|passed|failed|skipped)", Step(Phase.TEST, Reach.SELF)),
        ("◇✔✘━➜±×√◊\U001007c8", r". Test run started", Step(Phase.TEST, Reach.SECTION)),
        ("✔✘━×√\U0010105b\U00100884", r". Test run with ", Step(Phase.TEST, Reach.END)),
        ("◇✔✘━➜±×√◊\U0010105b\U00100884", r". (?:Test|Suite|Passing|Failing) ", Step(Phase.TEST, Reach.SELF)),
        ("↳", r"↳ ", Step(Phase.TEST, Reach.SELF)),
        (
            "=",
            r"={3,200}+ (?:test session starts|FAILURES|ERRORS|warnings summary|short test summary info|PASSES) =",
            Step(Phase.TEST, Reach.SECTION),
        ),
        ("=", r"={3,200}+ .{1,200}? in \d[\d.]{0,9}s ", Step(Phase.TEST, Reach.END)),
        ("r", r"running \d{1,9} tests?\Z", Step(Phase.TEST, Reach.SECTION)),
        ("t", r"test \S{1,400} (?:- .{1,200}? )?\.\.\. \S", Step(Phase.TEST, Reach.SELF)),
        ("t", r"test result: ", Step(Phase.TEST, Reach.END)),
        ("=-", r"=== (?:RUN|PAUSE|CONT|NAME) |--- (?:PASS|FAIL|SKIP): ", Step(Phase.TEST, Reach.LINE)),
        ("oF?", r"(?:ok  |FAIL|\?   )\t\S", Step(Phase.TEST, Reach.SELF)),
        ("R", r"Restarting after unexpected exit", Step(Phase.TEST, Reach.SELF)),
        (
            "[",
            r"\[(?:={10}|-{10}| RUN {6}| {7}OK| {2}PASSED {2}| {2}FAILED {2}| {2}SKIPPED )\] ?",
            Step(Phase.TEST, Reach.SELF),
        ),
        ("T", r"Test project /", Step(Phase.TEST, Reach.SECTION)),
        ("0123456789", r"\d{1,3}% tests passed", Step(Phase.TEST, Reach.END)),
        # gradle (its tasks: phases)
        (">", r"> Configure project ", Step(Phase.CONFIGURE, Reach.SECTION)),
        ("FB*D", r"FAILURE: |BUILD (?:SUCCESSFUL|FAILED)|\* What went wrong|Deprecated Gradle features", _OVER),
        ("0123456789", r"\d{1,9} actionable tasks?", _OVER),
        # maven (its goals: phases)
        ("[", rf"{_TAG}\[INFO\] (?:BUILD |Reactor |Scanning for |-{{3,60}}<)", _OVER),
        ("[D", rf"{_TAG}(?:\[INFO\] )?Download(?:ing|ed)(?: from |: )", Step(Phase.RESOLVE, Reach.SELF)),
        ("[", rf"{_TAG}\[(?!INFO|WARNING|ERROR|DEBUG)[A-Z]{{2,20}}\] ", _OVER),  # of plugins of Jenkins
        # make, ninja, cargo
        ("gbnm", r"[gbn]?make(?:\[\d{1,9}\])?: (?:Entering|Leaving) directory ", Step(None, Reach.BREAK)),
        ("n", r"ninja: (?:build stopped|error|no work)", _OVER),
        ("e", r"error: could not compile ", Step(Phase.COMPILE, Reach.END)),
        # cmake, autoconf
        ("-", r"-- (?:Installing: |Up-to-date: |Install configuration: )", Step(Phase.INSTALL, Reach.LINE)),
        ("I", r"Install the project\.\.\.", Step(Phase.INSTALL, Reach.LINE)),
        ("-", r"-- (?!Docs: )\S", Step(Phase.CONFIGURE, Reach.LINE)),
        ("C", r"CMake (?:Internal |Deprecation )?(?:Error|Warning)", Step(Phase.CONFIGURE, Reach.LINE)),
        ("SC", r"(?:Scanning|Consolidate compiler generated) dependencies of target ", Step(Phase.PREPARE, Reach.SELF)),
        (
            "c",
            r"checking (?:for|whether|how|if|build|host|target|dependency|that|command|the|size) ",
            Step(Phase.CONFIGURE, Reach.LINE),
        ),
        ("c", r"configure: |config\.status: ", Step(Phase.CONFIGURE, Reach.LINE)),
        # setuptools (its commands: phases), pip
        ("b", r"building '[\w.]{1,200}' (?:extension|library)", Step(Phase.COMPILE, Reach.LINE)),
        ("c", r"(?:copying|creating) \S{1,400}(?: -> \S|\Z)", Step(Phase.PREPARE, Reach.SELF)),
        (
            "CRLD",
            r"Collecting \S|Requirement already |Looking in (?:indexes|links)|Downloading \S",
            Step(Phase.RESOLVE, Reach.SELF),
        ),
        ("B", r"Building wheels? for ", Step(Phase.PACKAGE, Reach.LINE)),
        ("S", r"Successfully built \S", Step(Phase.PACKAGE, Reach.SELF)),
        ("IS", r"Installing collected packages|Successfully installed \S", Step(Phase.INSTALL, Reach.SELF)),
        # npm
        (">", r"> \S{1,200}@\S{1,60} \S", Step(Phase.SCRIPT, Reach.BLOCK)),
        (
            "aru",
            r"(?:added|removed|changed) \d{1,9} packages?|up to date, audited|audited \d",
            Step(Phase.RESOLVE, Reach.SELF),
        ),
    )
)
"""For a line that does not begin with a space."""
