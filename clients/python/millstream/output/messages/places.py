"""Messages that name a place in a source: the form is that of a hundred tools."""

from __future__ import annotations

import re
from typing import Final

from millstream.output.lines.diagnostic import ERROR, WARNING
from millstream.output.messages.row import Row
from millstream.output.messages.words import ADJECTIVES, CODE, SPOKEN, WORD

_PLACE: Final = (
    r"(?:"
    r":-?\d{1,9}(?:[:.,-]\d{1,9}){0,3}(?::(?:\{[\d:-]{3,40}\}){1,4})?(?: ?:| -|,| (?=\[|(?:DL|SC)\d{4} ))"  # a.c:1:2:
    r"|\.\w{1,10} ?\(\d{1,9}(?:[,:;.-] ?\d{1,9}){0,3}\)(?: ?:| -|(?= ))(?: col: \d{1,9})?"  # a.pas(1,2) a.cs(1,2):
    r"|\(\d{1,9}(?:[,:;.-] ?\d{1,9}){0,3}\) ?:(?: \(col\. \d{1,9}\))?"  # <stdout>(9): a(1):
    r"|\", ?(?:line )?\d{1,9}(?:[.:]\d{1,9})?(?: \*?\(col\. \d{1,9}\)\*?)?(?: ?:)?"  # "a.c", line 1: "a.c",1
    r"|, line \d{1,9}(?:, col(?:umn)? \d{1,9})? ?[:,]"  # a.cob, line 1:
    r"|: line \d{1,9}(?:, col \d{1,9})? ?[:,]"  # a.js: line 1, col 2,
    r"|:(?::(?= )|None:|\w{3}-\w{2}-\w{3}:)"  # a.rst:: a.rst:None: a.xib:abc-12-def:
    r") {0,3}"
)
_RULE: Final = r"(?:(?:element )?[\w.-]{1,40}: ?|(?:DL|SC)\d{4} )??"  # a linter's, before the level

_COMMAND: Final = re.compile(r"[\"`;|&]|\becho |\bprintf ")  # one that may print a message

PLACE_ROWS: Final = (
    Row(
        "GNAT",
        r"[^\s:\"]{1,400}\.ad[bs]:\d{1,9}:\d{1,9}: (?:(?P<warning>\(style\) )"
        r"|(?P<error>(?!warning|info|style|note|\()))",
        holds=".ad",
        placed=True,
        located=True,
        errors=('kettle.adb:12:3: missing ";"',),
        warnings=("kettle.adb:96:80: (style) this line is too long",),
    ),
    Row(
        "warnings of a running Python",
        r"[^\s:\"]{1,400}:\d{1,9}: [A-Z]\w{1,40}Warning: ",
        WARNING,
        holds="Warning: ",
        placed=True,
        warnings=("/x/a.py:4: DeprecationWarning: be careful",),
    ),
    Row(
        "compilers and linters",
        rf"{_PLACE}{_RULE}(?:\[|{ADJECTIVES}){WORD}(?:\](?: |\Z)|{CODE} ?(?:[:：,!]| -|\Z)|\[)",
        holds=SPOKEN,
        anywhere=True,
        unless_behind=_COMMAND,
        located=True,
        errors=(
            "a.c:1:2: error: 'x' undeclared",
            "a.c:1: fatal error: x.h: No such file",
            "a.py:1: error: Error message!",
            "a.c:1: error: warning: this is a note: x",
            "C:\\src\\a.cpp(12): error C2065: 'x': undeclared identifier",
            "src/a.ts:1:2 - error TS2304: Cannot find name",
            "parse.y:3.5-10: error: $1 has no type",
            "xml/other.xml:5: parser error : Opening and ending tag mismatch",
            "lid.xml:5: element lid: Relax-NG validity error : Did not expect text",
            "Kettle/Lid.swift:193: Fatal error",
            "./deploy/create.yml:117:89: [error] syntax error: expected '<document start>'",
            'kernel.cu(12): error: identifier "blok" is undefined',
            "lid.c:4:7: runtime error: signed integer overflow",
            "/disk/a.inc:26:error:oelint.task.nomkdir:'mkdir' shall not be used",
            "t.f90(1): error #5082: Syntax error, found END-OF-STATEMENT",
            '"i2cDisplay.c", line 11: error: expected a ";"',
            '"lint.c", line 11: error (dcc:1378): function f5 is not found',
            '"/home/x/main.cpp", line 21: Error:  #5: cannot open source input file',
            '"source/Transport.cpp",633 Error[Pe018]: expected a ")"',
            "site.pp:4:hard_tabs:ERROR:tab character found",
            'lid.pas(12,3) Error: Identifier not found "x"',
            "kettle.nim(3, 5) Error: undeclared identifier: 'x'",
            "kettle.d(3): Error: undefined identifier `x`",
            "a.c:3: Fehler: »x« nicht deklariert",
            "a.c:3:1: erreur: « x » non déclaré",
            "Lid.java:3: エラー: シンボルを見つけられません",
            "a.c:3:1: 错误：‘x’未声明",
            "/w/a.js: line 2, col 10, Error - 'x' is defined but never used. (no-unused-vars)",
            "/w/Main.storyboard:abc-12-def: error: Illegal Configuration",
            "a.obj(12) : fatal error C1001: internal error",
            "lid.v:3: syntax error:",
            'meson.build:3:0: ERROR: Unknown variable "x".',
        ),
        warnings=(
            "include/fmt/core.h(295): warning #1675-D: unrecognized GCC pragma",
            "/w/helper/LCPcalc.cpp:479:warning: the name `lcp.c' is not an input file",
            '"i2cDisplay.c", line 12: warning: variable "h" was declared but never referenced',
            "/w/doc/index.rst:: WARNING: document isn't included in any toctree",
            "/w/doc/a.rst:None: WARNING: Could not obtain image size.",
            "   C:\\Documents and Settings\\x\\bbb.COB, line 111: Warning: Imperative statement required",
            '"usi_plugin.cpp", line 212: Warning, badargtypel2w: String literal converted to char*',
            '"warner.cpp", line 30: Warning (Anachronism), wbadlkgasg: Assigning void(*)(int)',
            "D:\\w\\My.Dialogs.pas(4522): Hint warning H2164: Variable 'x' is declared but never used",
            "/home/x/Bar.java:12 [warning] advice has not been applied",
            "src/list.scss(41,17): warning shorthand-values : Property `margin` should be written",
            "exprs.c:47:15:{47:8-47:14}{47:17-47:24}: warning: invalid operands",
            "kettle.d(3): Deprecation: `x` is deprecated",
            "<unknown>:-1: Warning: Found unknown command `\\TODO'",
            "Dockerfile:3 DL3008 warning: Pin versions in apt get install",
            "a.c:3:5: style: The scope of 'i' can be reduced [variableScope]",
            "/x/KinePolygon.java:57: warning - @(#) is an unknown tag.",
            "a.c:3:1: предупреждение: неиспользуемая переменная",
            "foo.dts:3.5-6.7: Warning (reg_format): /x:reg: property has invalid length",
            "kettle.as(34): col: 3 Warning: variable 'x' has no type declaration",
        ),
        notes=(
            "a.c:1:2: note: expanded from macro 'error'",
            "a.f90(12): remark #15300: LOOP WAS VECTORIZED",
            "src/Calc.hs:11:18: Suggestion: Redundant bracket",
        ),
        others=(
            'echo "a.c:3: error: bad"',
            'clang -DX="a.c:1: error: no" -c foo.c',
            '{"message": "a.c:1: error: x"}',
            "12 |     error: x",
            "src/error.c: In function 'error':",
            "a.c:12: errors were found elsewhere",
            "GET http://localhost:8080/error/warning",
            "12:30:15 tests without error",
        ),
    ),
    Row(
        "cc of old",
        r"\"[^\"]{1,400}\", line \d{1,9}(?:\.\d{1,9})?: (?!note|remark|[Ii]nfo)\S",
        ERROR,
        holds='", line ',
        located=True,
        errors=('"lid.c", line 12: undefined symbol: x',),
    ),
    Row(
        "go",
        r"(?:vet: )?[^\s:\"]{1,400}\.go:\d{1,9}:\d{1,9}: \S",
        ERROR,
        holds=".go:",
        placed=True,
        located=True,
        errors=("./main.go:5:2: undefined: bar", "vet: ./a.go:1:2: undeclared name: x"),
        others=("    main.go:12: logged by a test",),
    ),
    Row(
        "go vet of old",
        r"[^\s:\"]{1,400}\.go:\d{1,9}: (?:missing |possible |self-assignment|direct assignment|unreachable|wrong "
        r"|\+build )",
        WARNING,
        holds=".go:",
        placed=True,
        located=True,
        warnings=('ui_test.go:46: missing argument for Fatalf("%#v"): format reads arg 2',),
    ),
    Row(
        "erlc, protoc, LaTeX, verilog",
        r"[^\s:\"]{1,400}\.(?:[ehy]rl|proto|tex|s?v|l):\d{1,9}(?::\d{1,9})?: ?(?=[A-Z\"'`]|record |function "
        r"|variable |syntax |unrecognized |undefined |illegal |head |unterminated |unsafe |bad )",
        ERROR,
        holds=(".erl:", ".hrl:", ".yrl:", ".proto:", ".tex:", ".v:", ".sv:", ".l:"),
        placed=True,
        located=True,
        errors=(
            "./test2.erl:175: record 'Extension' undefined",
            'kettle.proto:3:5: "Lid" is not defined.',
            "./kettle.tex:12: Undefined control sequence.",
            "lid.v:3: syntax error",
        ),
    ),
    Row(
        "XL C",
        r"\"[^\"]{1,400}\", line \d{1,9}\.\d{1,9}: \d{4}-\d{3} \((?:(?P<error>[SUE])|(?P<warning>W)|(?P<note>I))\) ",
        first='"',
        located=True,
        errors=('"file.c", line 9.17: 1506-098 (E) Missing argument(s).',),
        warnings=('"file.c", line 9.17: 1506-068 (W) Operation between types is not allowed.',),
        notes=('"file.c", line 9.17: 1506-342 (I) "/*" detected in comment.',),
    ),
    Row(
        "TI",
        r"\"[^\"]{1,400}\", (?:(?P<error>ERROR|FATAL)|(?P<warning>WARNING))! {1,4}at line \d",
        first='"',
        located=True,
        errors=('"foo.asm", ERROR!   at line 5: [E0002] Illegal mnemonic specified',),
        warnings=('"c:\\Temp\\0360811", WARNING! at line 2578: variable',),
    ),
    Row(
        "CrossCore",
        r"\"[^\"]{1,400}\", line \d{1,9}(?: \(col\. \d{1,9}\))?: cc\d{4}: (?:\{D\} )?(?:(?P<error>error)"
        r"|(?P<warning>warning)):",
        first='"',
        located=True,
        errors=('"src/dummy_1.c", line 3: cc0020: error: identifier "x" is undefined',),
        warnings=('"src/dummy_5.c", line 125 (col. 22): cc1462: {D} warning: call to',),
    ),
    Row(
        "C-STAT",
        r"\"[^\"]{1,400}\",\d{1,9} Severity-(?:High|Medium|Low)\[",
        WARNING,
        first='"',
        located=True,
        warnings=('"src\\main\\PalLog.c",131 Severity-Medium[MISRAC2012-Rule-14.3_a]:Conditional expression',),
    ),
    Row(
        "ruby",
        r"[^\s:\"]{1,400}:\d{1,9}:in .{1,200}?: (?:unhandled exception\Z|.{1,1000}? \([A-Z][\w:]{0,80}(?:Error"
        r"|Exception|Exit"
        r"|Interrupt)\)\Z)",
        ERROR,
        holds=":in ",
        placed=True,
        errors=("kettle.rb:3:in `boil': no water (RuntimeError)", "kettle.rb:7:in `boil': unhandled exception"),
        others=("\tfrom kettle.rb:3:in `boil'",),
    ),
)
"""Where none of these is found, `linters` has the forms that name a place and no level."""
ANY_PLACE: Final = next(row for row in PLACE_ROWS if row.anywhere)
"""What most compilers write."""
