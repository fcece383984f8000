"""Compilers, where they have a form of their own."""

from __future__ import annotations

from typing import Final

from millstream.output.categories import Phase
from millstream.output.diagnostic import ARROW, ERROR, WARNING
from millstream.output.messages.row import Row

COMPILER_ROWS: Final = (
    Row(
        "rustc",
        r"error\[[A-Z]\d{1,6}\]: ",
        ERROR,
        first="e",
        phase=Phase.COMPILE,
        located=True,
        follow=ARROW,
        errors=("error[E0308]: mismatched types",),
    ),
    Row(
        "rustc",
        r"warning\[[A-Za-z]\w{0,60}\]: ",
        WARNING,
        first="w",
        phase=Phase.COMPILE,
        located=True,
        follow=ARROW,
        warnings=("warning[E0133]: use of unsafe function",),
    ),
    Row(
        "gcc",
        r"cc1\w{0,8}: (?:all|some) warnings being treated as errors",
        ERROR,
        first="c",
        phase=Phase.COMPILE,
        errors=("cc1: all warnings being treated as errors",),
    ),
    Row(
        "kotlinc",
        r"(?:(?P<error>e)|(?P<warning>w)): (?:file:|/|\w:[/\\])",
        first="ew",
        phase=Phase.COMPILE,
        located=True,
        errors=("e: file:///x/A.kt:10:5 Unresolved reference: foo", "e: /x/A.kt: (10, 5): Unresolved reference: foo"),
        warnings=("w: file:///x/A.kt:3:7 Variable 'x' is never used",),
    ),
    Row(
        "kotlinc without a place",
        r"(?:(?P<error>e)|(?P<warning>w)|(?P<note>[iv])): (?:\[\w{1,20}\] )?[A-Za-z'\"\[(-]",
        first="ewiv",
        phase=Phase.COMPILE,
        errors=(
            "e: java.lang.IllegalStateException: Backend Internal error: Exception during code generation",
            "e: Compilation failed: null",
        ),
        warnings=("w: Kapt currently doesn't support language version 2.0+. Falling back to 1.9.",),
        notes=("i: found daemon on port 17001",),
        others=("w: 12 h: 30",),
    ),
    Row(
        "scala 3",
        r"-- (?:\[E\d{1,4}\] )?(?:[A-Z][\w-]{0,40} ){0,5}(?:(?P<error>Error)|(?P<warning>Warning)): \S",
        first="-",
        phase=Phase.COMPILE,
        located=True,
        errors=("-- [E007] Type Mismatch Error: src/Lid.scala:3:5 -----",),
        warnings=("-- [E121] Pattern Match Warning: src/Lid.scala:3:5 -----",),
        others=("-- Performing Test HAVE_WERROR - Failed",),
    ),
    Row(
        "Eclipse's compiler",
        r"\d{1,6}\. (?:(?P<error>ERROR)|(?P<warning>WARNING)|(?P<note>INFO)) in \S",
        first="0123456789",
        located=True,
        errors=("1. ERROR in C:\\w\\ECE.java (at line 8)",),
        warnings=("2548. WARNING in C:\\File.java (at line 3)",),
        notes=("3. INFO in /w/error.java (at line 3)",),
    ),
    Row(
        "Delphi",
        r"\[(?:dcc|ilink|bcc)\w{0,6} (?:(?P<error>(?:Fatal )?Error)|(?P<warning>Warning)|(?P<note>Hint))\] ",
        first="[",
        located=True,
        errors=("[dcc32 Error] Unit1.pas(12): E2003 Undeclared identifier: 'x'",),
        warnings=("[dcc32 Warning] Unit1.pas(12): W1000 Symbol is deprecated",),
        notes=("[dcc32 Hint] Unit1.pas(12): H2164 x",),
    ),
    Row(
        "Borland",
        r"(?:(?P<error>Error)|(?P<warning>Warning)) [EWF]\d{4} \S{1,400} \d{1,9}: ",
        first="EW",
        located=True,
        errors=("Error E2268 lid.cpp 12: Call to undefined function 'f'",),
        warnings=("Warning W8057 lid.cpp 12: Parameter 'x' is never used",),
    ),
    Row(
        "Keil, Watcom",
        r"(?:\*\*\* )?(?:(?P<error>(?:FATAL )?ERROR [A-Z]{0,2}\d{1,4}|Error! [A-Z]\d{3,4})"
        r"|(?P<warning>WARNING [A-Z]{0,2}\d{1,4}|Warning! [A-Z]\d{3,4}))"
        r"(?: IN LINE|:)",
        first="*EWF",
        errors=(
            "*** ERROR C141 IN LINE 12 OF LID.C: syntax error near 'x'",
            "Error! E2028: lid is an undefined reference",
        ),
        warnings=("*** WARNING L16: UNCALLED SEGMENT", "Warning! W1008: cannot open clib3r.lib"),
    ),
    Row(
        "TASKING",
        r"[a-z]\w{1,12} (?:(?P<error>[EFS])|(?P<warning>W)|(?P<note>[IR]))\d{3}: (?=\[\"|\S)",
        first="abcdefghijklmnopqrstuvwxyz",
        located=True,
        errors=('ctc E208: ["C:\\w\\DmaLib.h" 380/1] syntax error',),
        warnings=('ctc W549: ["C:\\w\\StbM.c" 8796/7] condition is always true',),
        notes=('ctc I800: ["C:\\w\\StbM.c" 1/1] x',),
    ),
    Row(
        "NAG Fortran",
        r"(?:Questionable|Extension|Obsolescent|Deleted feature used"
        r"|Non-standard)(?:\([\w ]{1,20}\))?: [^\s,]{1,400}, line \d",
        WARNING,
        first="QEODN",
        located=True,
        warnings=(
            "Questionable: /file3.f90, line 12: Array constructor has polymorphic element",
            "Extension(F2018): a.f90, line 5: x",
        ),
    ),
    Row(
        "NAG Fortran",
        r"Panic: \S{1,400}, line \d|(?:PG)?F90-[SF]-\d{4}-",
        ERROR,
        first="PF",
        located=True,
        errors=(
            "Panic: file10.f90, line 1: User requested panic",
            "PGF90-S-0034-Syntax error at or near x (lid.f90: 3)",
        ),
    ),
    Row(
        "PGI",
        r"(?:PG|NV)?(?:F90|FORTRAN|C\+\+|CC)-(?:(?P<error>[SF])|(?P<warning>W)|(?P<note>I))-\d{4}-",
        first="NFC",
        located=True,
        errors=("NVFORTRAN-S-0034-Syntax error at or near x (lid.f90: 3)",),
        warnings=("NVFORTRAN-W-0006-Input file empty (lid.f90)",),
        notes=("NVFORTRAN-I-0035-Predefined intrinsic loses property (lid.f90: 3)",),
    ),
    Row(
        "Verilog and VHDL tools",
        r"(?:# )?\*\* (?:(?P<error>(?:Fatal|Error)(?: \([^)]{1,60}\))?:)|(?P<warning>Warning(?: \([^)]{1,60}\))?:)"
        r"|(?P<note>Note:))",
        first="#*",
        errors=('# ** Error: lid.sv(26): near "x": syntax error', "** Fatal: (vsim-3) x"),
        warnings=("# ** Warning: (vsim-8315) /w/lid.sv(26): No condition is true",),
        notes=("# ** Note: $finish    : lid.sv(3)",),
    ),
    Row(
        "Verilog and VHDL tools",
        r"[a-z]{2,20}: \*(?:(?P<error>[EF])|(?P<warning>W)|(?P<note>N)),[A-Z\d]{2,8}[ :(]",
        holds=": *",
        errors=("ncvlog: *E,EXPSMC (lid.v,3|2): expecting a semicolon",),
        warnings=("ncelab: *W,CUVWSP (../verilog/placeholder.v,313|24): 10 output ports were not connected",),
        notes=("ncvlog: *N,PREVIMP (lid.v,3|2): x",),
    ),
    Row(
        "Verilator",
        r"%(?:(?P<error>Error)|(?P<warning>Warning))(?:-[A-Z\d]{2,30})?: ",
        first="%",
        located=True,
        errors=("%Error: lid.v:3:5: syntax error",),
        warnings=("%Warning-UNUSED: lid.v:3:5: Signal is not used: 'x'",),
    ),
    Row(
        "Blue Pearl",
        r"(?:(?P<error>[EF])|(?P<warning>W))-[A-Z]{2,6}-\d{3,5}: ",
        first="EFW",
        errors=("E-VERI-1330: top.v(32): actual bit length 1 differs",),
        warnings=("W-VERI-1330: top.v(51): actual bit length 1 differs",),
    ),
    Row(
        "elixir",
        r"\*\* \((?:\w{1,40}\.){0,6}(?:\w{0,40}Error|Mix|EXIT|exit|throw)[^)]{0,200}\) |== Compilation error in file ",
        ERROR,
        first="*=",
        errors=("** (CompileError) lib/lid.ex:3: undefined function x/0", "== Compilation error in file lib/lid.ex =="),
    ),
    Row(
        "julia",
        r"┌ (?:(?P<error>Error)|(?P<warning>Warning)): ",
        first="┌",
        errors=("┌ Error: no water",),
        warnings=("┌ Warning: Package Lid does not have Kettle in its dependencies",),
    ),
    Row(
        "clojure",
        r"(?:Syntax|Execution) error (?:\(\w{1,60}\) )?(?:\S{1,30} )?(?:at|\()",
        ERROR,
        first="SE",
        errors=(
            "Syntax error compiling at (kettle/lid.clj:3:5).",
            "Execution error (FileNotFoundException) at x/y (RT.java:1).",
        ),
    ),
    Row(
        "R",
        r"(?:(?P<error>Error in \S.{0,400}? : |Execution halted\Z|Error in \S{1,400}\) ?:)"
        r"|(?P<warning>Warning messages?:|Warning in \S.{0,400} : ))",
        first="EW",
        errors=("Error in lid(3) : no water", "Execution halted"),
        warnings=("Warning message:", "Warning messages:"),
    ),
    Row(
        "perl",
        r"syntax error at \S{1,400} line \d|Can't locate \S{1,200} in @INC|Global symbol \"|Undefined subroutine "
        r"|BEGIN failed--|Execution of \S{1,400} aborted due to compilation",
        ERROR,
        first="sCGUBE",
        errors=(
            'syntax error at kettle.pl line 3, near "x"',
            "BEGIN failed--compilation aborted at kettle.pl line 3.",
            "Can't locate Lid.pm in @INC (you may need to install the Lid module)",
        ),
    ),
    Row(
        "perl",
        r"Use of uninitialized value|Argument \"[^\"]{0,200}\" isn't numeric",
        WARNING,
        first="UA",
        warnings=("Use of uninitialized value $x in addition (+) at a.pl line 3.",),
    ),
    Row(
        "lua",
        r"luac?(?:jit)?(?:\d[\d.]{0,4})?: \S{1,400}:\d{1,9}: ",
        ERROR,
        first="l",
        errors=("lua: kettle.lua:3: attempt to call a nil value",),
    ),
    Row(
        "php",
        r"PHP (?:Deprecated|Notice|Strict Standards|Warning): |(?:Deprecated|Strict Standards): .{1,2000} on line \d",
        WARNING,
        first="PDS",
        warnings=(
            "Deprecated: f() is deprecated in /w/a.php on line 3",
            "PHP Notice:  Undefined index: lid in /w/a.php on line 3",
        ),
    ),
    Row(
        "php",
        r"Errors parsing \S|PHP Catchable fatal error:|PHP (?:Fatal|Parse|Core|Recoverable fatal) error:"
        r"|Catchable fatal error:",
        ERROR,
        first="EPC",
        errors=("Errors parsing /w/a.php",),
        others=("No syntax errors detected in /w/a.php",),
    ),
    Row(
        "LaTeX",
        r"! (?:(?:La|pdf|Xe|Lua)?TeX |Package |Class |Undefined |Missing |Extra |Emergency |Paragraph |Too many "
        r"|Misplaced |I can't |Illegal |Double )",
        ERROR,
        first="!",
        errors=("! LaTeX Error: File `kettle.sty' not found.", "! Undefined control sequence."),
    ),
    Row(
        "LaTeX",
        r"(?:Over|Under)full \\[hv]box ",
        WARNING,
        first="OU",
        warnings=(r"Overfull \hbox (12.0pt too wide) in paragraph at lines 3--4",),
    ),
)
