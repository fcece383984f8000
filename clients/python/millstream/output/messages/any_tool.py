"""Messages that begin with their level, or with the name of who speaks."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.lines.diagnostic import ARROW, ERROR, INFO, WARNING
from millstream.output.messages.row import Row
from millstream.output.messages.words import ADJECTIVES, CODE, FOLDER, SAYS_NOTHING, SPOKEN, WORD

_TAG: Final = r"(?:\[[\w .:/@-]{1,60}+\] {0,8})?\["  # `[ERROR]`, and `[step] [ERROR]` as Jenkins writes it
_COMPILER: Final = (
    r"(?:[\w.-]{1,40}-)?(?:gcc|g\+\+|cc|c\+\+|cc1\w{0,8}|clang(?:\+\+)?|clang-tidy|swiftc?|swift-frontend|rustc|javac"
    r"|kotlinc|ic[cx]|icp[cx]|ifort|ifx|gfortran|f95|flang(?:-new)?|nvcc|armcc|armclang|dmd|ldc2|ghc|zig)"
    r"(?:-[\d.]{1,9})?(?:\.exe)?"
)
_LEVEL: Final = (
    r"(?:(?P<error>(?:[Ff]atal |[Ii]nternal compiler |command line )?(?:[Ee]rror|ERROR)|[Ff]atal|FATAL)"
    r"|(?P<warning>(?:command line )?(?:[Ww]arning|WARNING)|[A-Z]\w{0,40}Warning)|(?P<note>note|remark|info))"
)

ANY_TOOL_ROWS: Final = (
    Row(
        "many tools",
        rf"(?:[Ff]atal |FATAL |[Ii]nternal (?:compiler )?|[Rr]untime |[Pp]arse |Uncaught |CRITICAL |catastrophic "
        rf"|[Cc]ompilation |[Ss]yntax |[Ss]emantic |[Ll]inker )?"
        rf"(?:[Ee]rror|ERROR){CODE} ?:(?: {SAYS_NOTHING}|\Z|(?=[/\w]))",
        ERROR,
        first="eEfFiIrRpPUCcsSlL",
        follow=ARROW,
        errors=(
            "error: x",
            "Error: File has no type",
            "ERROR: Could not find a version that satisfies the requirement x",
            "fatal error: x.h: No such file or directory",
            "      error: subprocess-exited-with-error",
            "ERROR:/w/app/src/main/res/values/a.xml:3:5-20: AAPT: error: resource string/lid not found.",
            "error CS5001: Program does not contain a static 'Main' method",
            'Error[Li005]: no definition for "lid"',
            'Fatal Error[Pe1696]: cannot open source file "x.h"',
            "error #10234-D: unresolved symbols remain",
            "Error (10161): Verilog HDL error at lid.v(3)",
            "Error:",
            "ERROR 404: Not Found.",
            'catastrophic error: cannot open source file "x.h"',
            "Runtime Error: file8.f90, line 7: Reference to undefined POINTER P",
            "compilation error: file lid.xsl line 3 element x",
            "Parse error: syntax error, unexpected end of file in /w/a.php on line 3",
            "FATAL ERROR: Unable to parse input tree",
            "error[no-unused-vars]: `x` is never used",
            "Error: L6218E: Undefined symbol lid (referred from main.o).",
        ),
        others=(
            "error: 0",
            "errors: 0",
            "ERRORS: none",
            "Error handling is described in docs/errors.md",
            "error_handler.c: compiled",
        ),
    ),
    Row(
        "many tools",
        rf"(?:[Cc]ritical |CRITICAL |\[?DEPRECATION )?(?:[Ww]arning|WARNING|warn"
        rf"|WARN)(?: \d{{1,4}}(?: \[[\w-]{{1,60}}\])?|{CODE}) ?:"
        rf"(?: {SAYS_NOTHING}|\Z)",
        WARNING,
        first="wWcC",
        follow=ARROW,
        warnings=(
            "warning: unused",
            "WARNING: The candidate was yanked",
            "WARN: deprecated",
            "Warning 8 [partial-match]: this pattern-matching is not exhaustive.",
            "warning[unused]: x",
            "CRITICAL WARNING: [Vivado 12-1] no clock",
            'Warning[Pe223]: function "f" declared implicitly',
            "Warning (10230): truncated value",
        ),
        others=("warning: none", "warnings: 0", "Warning: 0", "WARNING: no", "warnings.c: compiled"),
    ),
    Row(
        "many tools",
        r"(?:[Nn]ote|NOTE|help|hint|Hint|remark|[Ii]nfo(?: \(\d{1,9}\))?|INFO|DEBUG): ",
        INFO,
        first="nNhHriID",
        notes=("note: a: error: b", "INFO: From Compiling a.c: no error: x", "Info (12021): error"),
    ),
    Row(
        "many tools",
        r"(?:fatal|FATAL|SEVERE|panic|PANIC|CRITICAL|Fatal): \S",
        ERROR,
        first="fFSpPC",
        errors=("fatal: not a git repository", "panic: runtime error: index out of range", "SEVERE: x"),
    ),
    Row(
        "maven, gradle plugins, sbt, Azure, esbuild and many more",
        rf"(?:##|[✘✖X] )?{_TAG}(?:ERROR|ERR|FATAL|FTL|SEVERE|CRITICAL|[Ee]rror|[Ff]atal)(?:\]|:(?=[/\w]))",
        ERROR,
        first="[#✘✖X",
        errors=(
            "[ERROR] Failed to execute goal",
            "[error] (compile) Compilation failed",
            "[step] [ERROR] C:\\x\\A.java:[12,39] cannot find symbol",
            '✘ [ERROR] Could not resolve "react"',
            "X [ERROR] TS2304: Cannot find name 'x'. [plugin angular-compiler]",
            "[ERR] no water",
            "##[error]Bash exited with code '1'.",
            "[ERROR:/w/a.thrift:3] (last token was 'x')",
        ),
    ),
    Row(
        "maven, gradle plugins, sbt, Azure, esbuild and many more",
        rf"(?:##|[▲⚠] )?{_TAG}(?:WARNING|WARN|WRN|[Ww]arning|[Ww]arn|DEPRECATION WARNING)(?:\]|:(?=[/\w]))",
        WARNING,
        first="[#▲⚠",
        warnings=(
            "[WARNING] /x/A.java:[12,39] [deprecation] x",
            "[warn] deprecated",
            '▲ [WARNING] Duplicate key "x" in object literal',
            "[WRN] little water",
            "##[warning]Node 16 is deprecated",
            "[DEPRECATION WARNING]: ANSIBLE_X option",
        ),
        others=("[WARNINGS] Parsing warnings of log file...",),
    ),
    Row(
        "makepkg, portage and others, with signs before the level",
        r"(?:={1,3}>|-{1,3}>|>{1,3}|\*{2,6}|!{1,3}) {1,2}(?:(?P<error>ERROR|[Ee]rror|FATAL|[Ff]atal)"
        r"|(?P<warning>WARNING|[Ww]arning))(?: [*!]{2,6}|:| -)(?: |\Z)",
        first="=->*!",
        errors=(
            "==> ERROR: A failure occurred in build().",
            "*** ERROR *** no water",
            " >> Error: no water",
            "!!! ERROR: x",
        ),
        warnings=("==> WARNING: Cannot find the strip binary", '*** Warning: The type "Lid" is never used.'),
        others=("==> Error handling", "*** No errors detected", " --> error.rs:3:5"),
    ),
    Row(
        "many tools, with the level in brackets or an exclamation mark",
        r"\((?:error|ERROR)\) \S|(?:Error|ERROR|ERR)! {1,2}\S",
        ERROR,
        first="(E",
        errors=("(error) no water", "Error! no water", "ERR! no water"),
        others=("(errors) 0",),
    ),
    Row(
        "xsltproc, xmllint",
        r"I/O (?:(?P<error>error)|(?P<warning>warning)) : ",
        first="I",
        errors=("I/O error : Permission denied",),
        warnings=('I/O warning : failed to load external entity "lid.xml"',),
    ),
    Row(
        "logs of programs",
        r"(?:(?P<error>ERROR|FATAL|SEVERE)|(?P<warning>WARN|WARNING)) {1,5}(?:\[[^\]]{1,100}\] "
        r"|(?:[\w$]{1,60}\.){1,12}[\w$]{1,60}(?:[ :(]|\Z)|\S{1,200} {1,3}[-–:] )",
        first="EFSW",
        errors=("ERROR [main] Lid: no water", "ERROR o.kettle.Lid - no water", "SEVERE org.kettle.Lid boil"),
        warnings=("WARN  o.kettle.Lid : little water", "WARN [main] Lid little water"),
        others=("ERROR handling is tested", "WARN ME"),
    ),
    Row(
        "Serilog and others, with the level behind the time",
        r"\[(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d{1,9})? (?:(?P<error>ERR|FTL|ERROR|FATAL)"
        r"|(?P<warning>WRN|WARN|WARNING)|(?P<note>INF|DBG|VRB|INFO|DEBUG))\] ",
        first="[",
        errors=("[12:34:56 ERR] no water", "[2026-01-02 12:34:56.789 ERROR] no water"),
        warnings=("[12:34:56 WRN] little water",),
        notes=("[12:34:56 INF] error: x",),
    ),
    Row(
        "GLib",
        r"\([^()]{1,100}:\d{1,9}\): [\w-]{1,60}-(?:(?P<error>CRITICAL|ERROR)|(?P<warning>WARNING)) \*\*: ",
        first="(",
        errors=("(kettle:12): Gtk-CRITICAL **: 10:00:00.123: gtk_lid_close: assertion failed",),
        warnings=("(kettle:12): Gtk-WARNING **: Unable to locate theme engine",),
    ),
    Row(
        "GLib",
        r"[\w-]{1,60}-WARNING \*\*: ",
        WARNING,
        holds="-WARNING **: ",
        warnings=("GLib-GObject-WARNING **: /w/gsignal.c:1741: instance has no handler",),
    ),
    Row(
        "GitHub Actions",
        r"::(?:(?P<error>error)|(?P<warning>warning)|(?P<note>notice|debug"
        r"|group))(?: [^:]{1,1000}(?::[^:]{1,1000}){0,9})?::",
        first=":",
        errors=("::error file=a.c,line=3::no water", "::error::no water"),
        warnings=("::warning title=Lid::loose",),
        notes=("::debug::error: x",),
    ),
    Row(
        "Azure",
        r"##vso\[task\.logissue [^\]]{0,200}?type=(?:(?P<error>error)|(?P<warning>warning))",
        first="#",
        errors=("##vso[task.logissue type=error;sourcepath=a.c]no water",),
        warnings=("##vso[task.logissue type=warning]loose lid",),
    ),
    Row(
        "TeamCity",
        r"##teamcity\[(?:(?P<error>buildProblem|testFailed|message .{0,4000}? status='(?:ERROR|FAILURE)')"
        r"|(?P<warning>message .{0,4000}? status='WARNING'))",
        first="#",
        errors=("##teamcity[testFailed name='lid' message='x']", "##teamcity[buildProblem description='x']"),
        warnings=("##teamcity[message text='x' status='WARNING']",),
        others=("##teamcity[testStarted name='error']",),
    ),
    Row(
        "logfmt: docker compose, golangci-lint",
        r"(?:time=\"?[^\s\"]{1,60}\"? )?level=(?:(?P<error>error|fatal|panic)|(?P<warning>warn(?:ing)?)) (?=msg=)",
        first="tl",
        errors=('level=error msg="[linters] typechecking error"',),
        warnings=('time="2025-01-01T00:00:00Z" level=warning msg="the attribute `version` is obsolete"',),
        others=('time="2025-01-01T00:00:00Z" level=info msg="error"',),
    ),
    Row(
        "linkers",
        rf"{FOLDER}(?:[\w.-]{{1,40}}-)?(?:ld(?:64)?(?:\.\w{{1,8}})?|lld(?:-link)?|wasm-ld|gold|mold|collect2|link"
        rf"|nvlink|armlink)"
        rf"(?:-[\d.]{{1,9}})?(?:\.exe)?(?:\[\d{{1,9}}\])?: {_LEVEL}{CODE} ?: ",
        holds=SPOKEN,
        phase=Phase.LINK,
        errors=(
            "ld.lld: error: undefined symbol: foo",
            "collect2: error: ld returned 1 exit status",
            "mold: error: undefined symbol: lid",
            "/usr/bin/ld.gold: fatal error: out.o: no such file",
            "wasm-ld: error: a.o: undefined symbol: lid",
        ),
        warnings=(
            "ld: warning: ignoring duplicate libraries: '-lc++'",
            "/usr/bin/ld: warning: x.o: missing .note.GNU-stack",
        ),
        notes=("ld: note: 'lid' is defined in DSO libk.so",),
    ),
    Row(
        "linker drivers",
        rf"{FOLDER}[^\s:()'\"`/\\]{{1,100}}: error: linker command failed",
        ERROR,
        holds="linker command failed",
        phase=Phase.LINK,
        errors=("clang: error: linker command failed with exit code 1 (use -v to see invocation)",),
    ),
    Row(
        "compilers",
        rf"{FOLDER}{_COMPILER}(?:\[\d{{1,9}}\])?: {_LEVEL}{CODE} ?: ",
        holds=SPOKEN,
        phase=Phase.COMPILE,
        errors=(
            "gcc: error: unrecognized command-line option '-x'",
            "/usr/bin/arm-linux-gnueabi-gcc-12: fatal error: no input files",
            "ifort: error #10104: unable to open 'lid'",
        ),
        warnings=("icc: command line warning #10006: ignoring unknown option '-x'",),
        notes=("clang: note: diagnostic msg: error",),
    ),
    Row(
        "a tool by name",
        rf"{FOLDER}[^\s:()'\"`/\\]{{1,100}}(?:\[\d{{1,9}}\])?: {_LEVEL}{CODE} ?: ",
        holds=SPOKEN,
        errors=(
            "xcodebuild: error: Scheme x is not configured",
            "configure: error: no acceptable C compiler found in $PATH",
            "ninja: error: loading 'build.ninja': No such file",
            "rsync: fatal: x",
        ),
        warnings=(
            "configure: WARNING: unrecognized options: --x",
            "a.y: warning: 3 shift/reduce conflicts [-Wconflicts-sr]",
        ),
        notes=("b.txt: note: see above",),
        others=("x: errors: 3",),
    ),
    Row(
        "MSVC, MSBuild",
        rf"(?:[A-Za-z]:)?[^:\"]{{1,400}} : {ADJECTIVES}{WORD}(?:{CODE} ?:|\[)",
        holds=" : ",
        errors=(
            "LINK : fatal error LNK1181: cannot open input file",
            "EXEC : error : code generator failed [/w/all.proj]",
            "lid.obj : error LNK2019: unresolved external symbol _f",
            "C:\\w\\a.csproj : error NU1101: Unable to find package Kettle",
            "NMAKE : fatal error U1077: 'cl' : return code '0x2'",
        ),
        warnings=(
            "EXEC : warning : NU1902: Package 'Kettle' 6.11.1 has a known vulnerability [/w/all.proj]",
            "cl : Command line warning D9002: ignoring unknown option '-std=c++11'",
            'c:\\w\\Package.package : warning SPT6: The Project Item "x" is included',
            "MSBUILD : warning : CA1823 : Microsoft.Performance : It appears that field 'x' is never used",
        ),
        notes=("LINK : info : Final edges loaded",),
        others=("0 Warning(s) : 0 Error(s) : x",),
    ),
    Row(
        "messages about a file",
        r"(?:/|[A-Za-z]:[/\\]|\.{1,2}/)[^:\"'`;|&$]{1,400}(?::[\w-]{1,30})?: "
        rf"{_LEVEL}{CODE} ?:(?: |\Z)",
        holds=SPOKEN,
        errors=('/w/My Kettle.xcodeproj: error: Signing for "Kettle" requires a development team.',),
        warnings=("/w/My Kettle.xcassets: warning: The app icon set has an unassigned child.",),
        notes=("/w/My Kettle.xcassets: note: see error",),
    ),
    Row(
        "a tool of two words",
        r"(?!(?:No|Zero|Last|Max|Mean|Total|Training|Relative|Absolute|Standard|Validation|Test|Train) )"
        r"[A-Z][\w.-]{0,30}(?: [A-Z\d][\w.-]{0,30}){0,4} (?:(?P<error>[Ee]rror|ERROR)|(?P<warning>[Ww]arning"
        r"|WARNING)): (?! {0,4}[-\d.])",
        holds=SPOKEN,
        errors=(
            "Code Sign error: No code signing identities found",
            "Project ERROR: Unknown module(s) in QT: kettle",
            "Type error: Property 'x' does not exist on type 'Lid'.",
            "PHP Fatal error:  Uncaught Error: Call to undefined function lid() in /w/a.php:3",
            "PHP Parse error:  syntax error, unexpected '}' in /w/a.php on line 3",
        ),
        warnings=(
            "LaTeX Warning: Reference `x' on page 1 undefined",
            "PHP Warning:  Undefined variable $x in /w/a.php on line 3",
            "OpenJDK 64-Bit Server VM warning: Sharing is only supported",
        ),
        others=("Mean Squared Error: 0.3", "No Error: x", "Root Mean Error: 0.3"),
    ),
    Row(
        "programs of Google and Kubernetes",
        r"(?:(?P<error>[EF])|(?P<warning>W)|(?P<note>I))\d{4} \d\d:\d\d:\d\d\.\d{6} {1,8}\d{1,9} \S{1,200}:\d{1,9}\] ",
        first="EFWI",
        errors=("E0101 12:00:00.000000       1 lid.go:3] no water",),
        warnings=("W0101 12:00:00.000000   12345 lid.cc:3] little water",),
        notes=("I0101 12:00:00.000000       1 error.go:3] no error",),
    ),
    Row(
        "any tool that runs another",
        r"Error (?:executing|while (?:processing|running|executing|loading|building|compiling)|in:) \S",
        ERROR,
        first="E",
        errors=(
            "Error executing link.exe.",
            "Error while processing C:\\w\\Lid.cpp.",
            "Error while running C/C++ Compiler",
            "Error in: lid.pt  unclosed tag , at line 4796",
        ),
        others=("Error handling while processing is new",),
    ),
)
