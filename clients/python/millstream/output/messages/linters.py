"""Style checkers and static analysis, where they have a form of their own: most give a code, no level."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.lines.diagnostic import ERROR, INFO, WARNING
from millstream.output.messages.row import Row
from millstream.output.messages.words import FOLDER

_AT: Final = r"(?:[A-Za-z]:)?[^\s:\"'`|;&]{1,400}(?:(?<=\.py):[\w.]{1,200})?:\d{1,9}(?::\d{1,9})?:"
_RULES: Final = r"\[?(?:[A-Z]{1,8}\d{2,4}|E9)\]?"


def _lint(
    tool: str,
    pattern: str,
    *warnings: str,
    first: str = "",
    holds: str | tuple[str, ...] = "",
    others: tuple[str, ...] = (),
    placed: bool = False,
) -> Row:
    return Row(
        tool,
        pattern,
        WARNING,
        first=first,
        holds=holds,
        placed=placed,
        phase=Phase.LINT,
        warnings=warnings,
        others=others,
    )


LINTER_ROWS: Final = (
    Row(
        "ESLint, yamllint, remark",
        r"\d{1,9}:\d{1,9} {1,9}(?:(?P<error>error|✖|×)|(?P<warning>warning|⚠)) {1,9}\S",
        first="0123456789",
        errors=(
            "  12:5  error  'x' is defined but never used  no-unused-vars",
            "  46:3   ✖  Unexpected longhand value",
        ),
        warnings=("  1:2   warning  missing document start", "  46:12  ⚠  Unexpected unit  length-zero-no-unit"),
    ),
    Row(
        "ESLint as unix",
        rf"{_AT} .{{1,2000}} \[(?:(?P<error>Error)|(?P<warning>Warning))/[\w@/-]{{1,100}}\]\Z",
        placed=True,
        holds=(" [Error/", " [Warning/"),
        phase=Phase.LINT,
        errors=("/w/lid.js:1:2: 'x' is not defined. [Error/no-undef]",),
        warnings=("/w/lid.js:1:2: 'x' is never used. [Warning/no-unused-vars]",),
    ),
    Row(
        "dart",
        r"(?:(?P<error>error)|(?P<warning>warning)|(?P<note>info)) [•-] \S",
        first="ewi",
        located=True,
        errors=(
            "  error • Undefined name 'lid' • lib/kettle.dart:3:5 • undefined_identifier",
            "  error - lib/a.dart:3:5 - x - y",
        ),
        warnings=("warning • Unused import • lib/kettle.dart:3:8 • unused_import",),
        notes=("   info • Prefer const • lib/error.dart:3:5 • prefer_const",),
    ),
    Row(
        "dart as machine",
        r"(?:(?P<error>ERROR)|(?P<warning>WARNING)|(?P<note>INFO))\|[A-Z_]{2,30}\|",
        first="EWI",
        located=True,
        errors=("ERROR|COMPILE_TIME_ERROR|UNDEFINED_IDENTIFIER|/w/a.dart|3|5|3|x",),
        warnings=("WARNING|STATIC_WARNING|X|/w/a.dart|3|5|3|x",),
        notes=("INFO|LINT|X|/w/a.dart|3|5|3|x",),
    ),
    Row(
        "phpcs",
        r"\d{1,9} \| (?:(?P<error>ERROR)|(?P<warning>WARNING)) {1,3}\| ",
        first="0123456789",
        phase=Phase.LINT,
        errors=(" 12 | ERROR   | [x] Expected 1 space",),
        warnings=("  3 | WARNING | [ ] Line exceeds 85 characters",),
    ),
    Row(
        "shellcheck",
        r"\^-{1,60}\^? ?SC\d{4}(?: \((?P<error>error)\)| \((?P<note>info|style)\)"
        r"|(?P<warning> \(warning\)|(?=:))):",
        first="^",
        phase=Phase.LINT,
        errors=("        ^-- SC1009 (error): The mentioned parser error was in this test.",),
        warnings=("     ^-- SC2034 (warning): x appears unused.", "   ^-- SC2086: Double quote to prevent globbing."),
        notes=("     ^-- SC2086 (info): Double quote to prevent error.",),
    ),
    Row(
        "pylint",
        rf"{_AT} \[?(?:(?P<error>[EF])|(?P<warning>[CRW]))\d{{4}}[:\],( ]",
        placed=True,
        holds=":",
        phase=Phase.LINT,
        errors=(
            "trunk/tv.py:5: [F0401, ] Unable to import 'deadbeef'",
            "lid.py:3:0: E0602: Undefined variable 'x' (undefined-variable)",
        ),
        warnings=(
            "lid.py:39:0: W0102: Dangerous default value (dangerous-default-value)",
            "tv.py:28: [C0103, Show] Invalid name",
        ),
    ),
    Row(
        "flake8, ruff",
        rf"{_AT} (?:E9\d\d|F82[1-3]|invalid-syntax|SyntaxError)\b",
        ERROR,
        placed=True,
        holds=":",
        phase=Phase.LINT,
        errors=("lid.py:3:1: E999 SyntaxError: invalid syntax", "./lid.py:3:5: F821 undefined name 'x'"),
    ),
    _lint(
        "flake8, pycodestyle, ruff, ansible-lint, bandit, rubocop's kin",
        rf"{_AT} {_RULES}(?:\[\w{{1,20}}\])?[: ] ?\S",
        "./src/init.py:66:121: E501 line too long (143 > 120 characters)",
        "myproject/__init__.py:7: [F401] 'db' imported but unused",
        "main.yml:2: [E206] Variables should have spaces before and after",
        "/w/test.py:5: B105[bandit]: LOW: Possible hardcoded password",
        "lid.py:1:8: F401 [*] `os` imported but unused",
        placed=True,
        holds=":",
        others=("at 12:30: A1 is done",),
    ),
    Row(
        "rubocop, haml-lint, slim-lint",
        r"[^\s:\"|]{1,400}:\d{1,9}(?::\d{1,9}:)? \[?(?:(?P<error>[EF])|(?P<warning>[CRW]))(?:\]"
        r"|:) (?:\[\w{1,20}\] )?[A-Z\d]",
        placed=True,
        holds=(" C: ", " E: ", " F: ", " R: ", " W: ", " [C] ", " [E] ", " [F] ", " [R] ", " [W] "),
        phase=Phase.LINT,
        errors=("spec/rails_helper.rb:6:7: E: Style/StringLiterals: Prefer single-quoted strings",),
        warnings=(
            "config.ru:1:1: C: Style/FrozenStringLiteralComment: Missing magic comment",
            "app/lid.html.haml:33 [W] ImplicitDiv: `%div.section` can be written as `.section`",
            "lib/lid.rake:21:24: C: [Correctable] Layout/SpaceBeforeBlockBraces: Space missing",
        ),
    ),
    _lint(
        "ansible-lint",
        r"[^\s:\"]{1,400}\.ya?ml:\d{1,9}(?::\d{1,9})?: [a-z][\w-]{2,40}(?:\[[\w-]{1,40}\])?:? [A-Z]",
        "/w/db_restore.yml:8: package-latest Package installs should not use latest",
        "roles/lid/tasks/main.yml:79: fqcn[action]: Use FQCN for module actions",
        placed=True,
        holds=(".yml:", ".yaml:"),
    ),
    _lint(
        "ruff",
        r"[A-Z]{1,4}\d{3,4} (?:\[\*\] )?[`A-Z]\S{0,60} ",
        "F401 [*] `os` imported but unused",
        first="ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        others=("E7 done", "UTF8 is used"),
    ),
    _lint(
        "foodcritic",
        r"FC\d{3}: ",
        "FC001: Use strings in preference to symbols: ./lid/attributes/default.rb:8",
        first="F",
    ),
    _lint(
        "perlcritic",
        r"\S.{0,1000}? at line \d{1,9}, column \d{1,9}\.",
        "kettle.pl: Code before warnings are enabled at line 10, column 1.  See page 431 of PBP.  (Severity: 4)",
        holds=" at line ",
    ),
    _lint(
        "cpplint, gosec",
        rf"{_AT} .{{1,2000}} (?:\[[\w/+.-]{{1,60}}\] \[[1-5]\]|\((?:Rule:)?G\d{{3}}[^)]{{0,100}}\))\Z",
        "/w/LocalCostMap.cpp:399: Missing space before { [whitespace/braces] [5]",
        placed=True,
        holds=("] [", "G10", "G20", "G30", "G40", "G50", "G60", "Rule:G"),
    ),
    _lint(
        "flawfinder",
        rf"{_AT} {{1,3}}\[[0-5]\] \(\w{{1,30}}\) ",
        "src/Bar.c:779:  [5] (buffer) strncat:Easily used incorrectly",
        placed=True,
        holds=("  [", ": ["),
    ),
    _lint(
        "protolint, buf",
        r"\[[^\s:\]]{1,400}\.proto:\d{1,9}:\d{1,9}\] ",
        "[google/ad_asset.proto:25:1] The line length is 91, but it must be shorter than 80",
        first="[",
    ),
    Row(
        "cppcheck of old",
        r"\[[^\s:\]]{1,400}:\d{1,9}\](?: -> \[\S{1,400}\]){0,4}: \((?:(?P<error>error)|(?P<warning>warning|style"
        r"|performance|portability)"
        r"|(?P<note>information|debug))[^)]{0,30}\) ",
        first="[",
        phase=Phase.LINT,
        errors=("[src/lid.c:3]: (error) Null pointer dereference",),
        warnings=("[src/lid.c:3]: (style) Variable 'x' is assigned a value that is never used.",),
        notes=("[src/error.c:3]: (information) Cannot find all includes",),
    ),
    Row(
        "CodeChecker",
        r"\[(?:(?P<error>CRITICAL|HIGH)|(?P<warning>MEDIUM|LOW|STYLE|UNSPECIFIED))\] \S.{0,400}?:\d{1,9}:\d{1,9}: ",
        first="[",
        phase=Phase.LINT,
        errors=("[HIGH] /w/workbook.cpp:425:33: Called C++ object pointer is null [core.CallAndMessage]",),
        warnings=("[MEDIUM] C:\\w\\ArgumentsTest.cpp:15:22: 'strncpy' is deprecated",),
    ),
    _lint(
        "ktlint, detekt, vulture, standard, buf",
        rf"(?:{FOLDER}[\w.-]{{1,200}}\.(?:kts?|[cm]?[jt]sx?|css|scss|php|lua|hs|rb|erb|go|py"
        rf"|dart)):\d{{1,9}}(?::\d{{1,9}}:|: ?)"
        r" ?(?:unused |[A-Z][a-z]{1,20} [a-z]|\[|\(\w{1,5}\d{2,4}\) |\"\w{1,60}\" is a misspelling).{1,2000}"
        r"(?:\)|\]|\.|confidence\)|\Z)\Z",
        '/w/Lid.kt:3:5: Unexpected spacing before "(" (standard:paren-spacing)',
        "/w/Lid.kt:3:5: The function boil is too long (61). [LongMethod]",
        "lid.py:3: unused variable 'x' (60% confidence)",
        "  /project/app/lid_controller.js:4:12: Missing space before function parentheses.",
        placed=True,
        holds=":",
        others=(
            "    at Object.<anonymous> (/w/lid.js:4:12)",
            "lid.py:3: x",
        ),
    ),
    _lint(
        "PMD",
        rf"{_AT}\t\w{{1,80}}:\t",
        "/w/Lid.java:12:\tUnusedPrivateField:\tAvoid unused private fields",
        placed=True,
        holds=":\t",
    ),
    _lint("bandit", r">> Issue: \[", ">> Issue: [B404:blacklist] Consider possible security implications", first=">"),
    _lint("black", r"would reformat \S", "would reformat /w/lid.py", first="w"),
    _lint(
        "codespell", r"[^\s:\"]{1,400}:\d{1,9}: \w{1,60} ==> \w", "README.md:3: teh ==> the", placed=True, holds=" ==> "
    ),
    _lint(
        "scan-build",
        r"scan-build: [1-9]\d{0,8} bugs? found",
        "scan-build: 3 bugs found.",
        first="s",
        others=("scan-build: 0 bugs found.",),
    ),
    _lint(
        "jshint",
        r"\S{1,400}: line \d{1,9}, col \d{1,9}, [A-Z]",
        "lid.js: line 2, col 3, Missing semicolon.",
        holds=": line ",
    ),
    Row(
        "smatch",
        r"[^\s:\"]{1,400}:\d{1,9} \w{1,100}\(\) (?:(?P<error>error)|(?P<warning>warn|warning)): ",
        placed=True,
        holds="() ",
        located=True,
        errors=("drivers/lid.c:3 boil() error: potential null dereference",),
        warnings=("drivers/lid.c:3 boil() warn: inconsistent indenting",),
    ),
    _lint(
        "tslint", r"\S{1,400}\.[jt]sx?\[\d{1,9}, ?\d{1,9}\]: ", "path/to/lid.ts[15, 11]: missing semicolon", holds="]: "
    ),
    Row(
        "checkov",
        r"FAILED for resource: ",
        ERROR,
        first="F",
        phase=Phase.LINT,
        errors=("\tFAILED for resource: aws_s3_bucket.lid",),
    ),
    Row("pylint", r"\*{3,40} Module ", INFO, first="*", notes=("************* Module error",)),
    Row(
        "sphinx's link check",
        rf"{_AT} \[(?:(?P<error>broken)|(?P<warning>redirected [\w ]{{1,40}}))\] ",
        placed=True,
        holds=(" [broken] ", " [redirected "),
        phase=Phase.DOCS,
        errors=("doc/lid.rst:451: [broken] https://x.org/a.html#lid",),
        warnings=("doc/lid.rst:9: [redirected with Found] https://x.org/ to https://y.org/",),
    ),
    _lint(
        "cpplint on Windows",
        r"(?:[A-Za-z]:)?[^:\"]{1,400}\(\d{1,9}\): {2}.{1,1000} \[[\w/+.-]{1,60}\] \[[1-5]\]\Z",
        "c:\\w\\lid.cpp(824):  Tab found; better to use spaces  [whitespace/tab] [1]",
        holds="] [",
    ),
    Row(
        "biome",
        r"\S{1,400}:\d{1,9}:\d{1,9} (?:lint|parse|assist)\S{0,100} .{0,60}━",
        ERROR,
        holds="━━━",
        placed=True,
        phase=Phase.LINT,
        errors=("src/lid.js:3:5 lint/suspicious/noDebugger  FIXABLE  ━━━━━━━━━━",),
    ),
    Row(
        "PC-lint",
        r"FLMSG (?:(?P<error>Error)|(?P<warning>Warning)|(?P<note>Info|Note)) {1,5}\d",
        first="F",
        phase=Phase.LINT,
        errors=("FLMSG Error     10 /w/lid.h,28 Expecting ';'",),
        warnings=("FLMSG Warning   451 /w/lid.h,28 Header file repeatedly included",),
        notes=("FLMSG Info     714 /w/error.h,28 x",),
    ),
    Row(
        "rflint",
        r"(?:(?P<error>E)|(?P<warning>W)): \d{1,6}, \d{1,6}: \S",
        first="EW",
        phase=Phase.LINT,
        errors=("E: 73, 0: Too few steps (1) in keyword (TooFewKeywordSteps)",),
        warnings=("W: 70, 0: Too few steps (1) in test case (TooFewTestSteps)",),
    ),
    Row(
        "swiftlint",
        r"Done linting! Found [1-9]\d{0,8} violations?, (?:(?P<error>[1-9])|(?P<warning>0)) ?",
        first="D",
        phase=Phase.LINT,
        errors=("Done linting! Found 3 violations, 1 serious in 12 files.",),
        warnings=("Done linting! Found 3 violations, 0 serious in 12 files.",),
        others=("Done linting! Found 0 violations, 0 serious in 12 files.",),
    ),
    Row(
        "golangci-lint, logrus",
        r"(?:(?P<error>ERRO|FATA)|(?P<warning>WARN)|(?P<note>INFO|DEBU))(?:\[\d{4}\]| \[)",
        first="EFWID",
        errors=("ERRO [linters] typechecking error", "FATA[0012] no water"),
        warnings=("WARN [runner] The linter 'lid' is deprecated", "WARN[0000] x"),
        notes=("INFO [runner] error", "INFO[0000] error: none"),
    ),
    Row("ESLint", r"Oops! Something went wrong! :\(", ERROR, first="O", errors=("Oops! Something went wrong! :(",)),
)
