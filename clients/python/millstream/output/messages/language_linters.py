"""Style checkers of one language, where they have a form of their own."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.lines.diagnostic import ERROR, WARNING
from millstream.output.messages.row import Row
from millstream.output.messages.words import TABBED

_AT: Final = r"(?:[A-Za-z]:)?[^\s:\"'`|;&]{1,400}:\d{1,9}(?::\d{1,9})?:"

LANGUAGE_LINTER_ROWS: Final = (
    Row(
        "luacheck",
        r"[^\s:\"]{1,400}\.lua:\d{1,9}:\d{1,9}: (?:(?P<error>\(E\d{3}\) |expected )"
        r"|(?P<warning>(?:\(W\d{3}\) )?[a-z]))",
        holds=".lua:",
        placed=True,
        phase=Phase.LINT,
        errors=("    lid.lua:5:17: (E011) expected expression near 'end'",),
        warnings=(
            "    lid.lua:5:17: (W611) line contains only whitespace",
            "lid.lua:50:121: line is too long (126 > 120)",
        ),
    ),
    Row(
        "misspell",
        rf"{_AT} \"\w{{1,60}}\" is a misspelling of ",
        WARNING,
        holds="is a misspelling of",
        placed=True,
        phase=Phase.LINT,
        warnings=('README.md:1:20: "teh" is a misspelling of "the"',),
    ),
    Row(
        "bandit as flake8",
        rf"{_AT} (?:LOW|MEDIUM|HIGH): B\d{{3}}: ",
        WARNING,
        holds=": B",
        placed=True,
        phase=Phase.LINT,
        warnings=("/w/lid.py:42: MEDIUM: B307: Use of possibly insecure function",),
    ),
    Row(
        "puppet-lint",
        r"\S{1,400} - (?:(?P<error>ERROR)|(?P<warning>WARNING)): .{1,1000} on line \d",
        holds=(" - ERROR: ", " - WARNING: "),
        phase=Phase.LINT,
        errors=("/w/manifests/install.pp - ERROR: kettle::install not in autoload module layout on line 7",),
        warnings=("/w/manifests/init.pp - WARNING: line has more than 140 characters on line 7",),
    ),
    Row(
        "scalastyle",
        r"(?:(?P<error>error)|(?P<warning>warning)) file=\S",
        first="ew",
        phase=Phase.LINT,
        errors=("error file=/w/Lid.scala message=File length exceeds 800 lines",),
        warnings=("warning file=/w/Lid.scala message=Magic Number line=6 column=7",),
    ),
    Row(
        "pydocstyle",
        r"D\d{3}: [A-Z\d]",
        WARNING,
        first="D",
        phase=Phase.LINT,
        warnings=("        D100: Missing docstring in public module",),
    ),
    Row(
        "rubocop and its kin, without a level",
        rf"{_AT} (?:\[\w{{1,20}}\] )?[A-Z][A-Za-z]{{2,20}}/[A-Z]\w{{2,80}}: ",
        WARNING,
        holds=(".rb:", ".rake:", "Gemfile:", "Rakefile:", ".gemspec:", ".ru:"),
        placed=True,
        phase=Phase.LINT,
        warnings=("  app/lid.rb:45:5: Style/TrailingCommaInHashLiteral: Put a comma after the last item",),
    ),
    Row(
        "erb-lint",
        r"[^\s:\"]{1,400}\.erb:\d{1,9}:\d{1,9}: [A-Z]",
        WARNING,
        holds=".erb:",
        placed=True,
        phase=Phase.LINT,
        warnings=("lid.html.erb:9:0: Indent `%>` on column 4 to match start of tag.",),
        others=("lid.html.erb:9:in `boil'",),
    ),
    Row(
        "sorbet",
        r"[^\s:\"]{1,400}:\d{1,9}: .{1,1000} https://srb\.help/\d",
        ERROR,
        holds="https://srb.help/",
        phase=Phase.LINT,
        located=True,
        errors=('lid.rb:14: Expected Integer but found String("91") for argument x https://srb.help/7002',),
    ),
    Row(
        "reek",
        r"[^\s:\"]{1,400}\.rb:\d{1,9}: [A-Z][a-z]{2,20}[A-Z][A-Za-z]{2,30}: .{1,1000} \[https://github\.com/troessner/reek",
        WARNING,
        holds="troessner/reek",
        placed=True,
        phase=Phase.LINT,
        warnings=(
            "  app/lid.rb:3: IrresponsibleModule: Lid has no descriptive comment [https://github.com/troessner/reek/x]",
        ),
    ),
    Row(
        "markdownlint",
        r"[^\s:\"]{1,400}:\d{1,9}(?::\d{1,9})? (?:error )?MD\d{3}(?:/[\w/-]{1,100})? ",
        WARNING,
        holds=" MD",
        placed=True,
        phase=Phase.LINT,
        warnings=(
            "lid.md:3 MD013/line-length Line length [Expected: 80; Actual: 100]",
            "lid.md:3:81 MD013/line-length x",
        ),
    ),
    Row(
        "docutils",
        r"[^\s:\"]{1,400}:(?:\d{1,9}:)? \((?:(?P<error>ERROR|SEVERE)|(?P<warning>WARNING)|(?P<note>INFO))/[1-4]\) ",
        holds=("/1) ", "/2) ", "/3) ", "/4) "),
        phase=Phase.DOCS,
        errors=("lid.rst:3: (SEVERE/4) Unexpected section title.", 'lid.rst:3: (ERROR/3) Unknown directive type "x".'),
        warnings=("lid.rst:3: (WARNING/2) Inline emphasis start-string without end-string.",),
        notes=("lid.rst:3: (INFO/1) Possible title underline, too short for the title error: x",),
    ),
    Row(
        "protoc",
        r"\[libprotobuf (?:(?P<error>ERROR|FATAL)|(?P<warning>WARNING)|(?P<note>INFO)) ",
        first="[",
        phase=Phase.COMPILE,
        errors=("[libprotobuf ERROR lid.cc:3] Can't parse message",),
        warnings=("[libprotobuf WARNING parser.cc:651] No syntax specified for the proto file",),
        notes=("[libprotobuf INFO lid.cc:3] error: x",),
    ),
    Row(
        "protoc",
        r"[^\s:\"]{1,400}\.proto: (?:File not found|Import )",
        ERROR,
        holds=".proto: ",
        phase=Phase.COMPILE,
        errors=("kettle.proto: File not found.",),
    ),
    Row(
        "Android's manifest merger",
        r"[^\s:\"]{1,400}\.xml(?::\d{1,9}:\d{1,9}(?:-\d{1,9}(?::\d{1,9})?)?)? (?:(?P<error>Error)"
        r"|(?P<warning>Warning)):\Z",
        holds=(" Error:", " Warning:"),
        follow=TABBED,
        located=True,
        errors=("/w/AndroidManifest.xml:3:5-20 Error:",),
        warnings=("/w/AndroidManifest.xml:3:5-20:9 Warning:",),
    ),
    Row(
        "Android",
        r"Manifest merger failed|(?:D8|R8): (?:Cannot |Missing |Error)",
        ERROR,
        first="MDR",
        errors=("Manifest merger failed : uses-sdk:minSdkVersion 16", "D8: Cannot fit requested classes in a dex file"),
    ),
    Row(
        "logcat",
        r"(?:(?P<error>[EF])|(?P<warning>W)|(?P<note>[IDV]))/[\w.-]{1,60} {0,20}\( {0,8}\d{1,9}\): ",
        first="EFWIDV",
        errors=("E/AndroidRuntime(  123): FATAL EXCEPTION: main",),
        warnings=("W/ResourceType( 123): no package",),
        notes=("I/art( 123): error: x",),
    ),
    Row(
        "ruff",
        r"invalid-syntax: \S",
        ERROR,
        first="i",
        phase=Phase.LINT,
        errors=("invalid-syntax: Expected an expression",),
    ),
)
