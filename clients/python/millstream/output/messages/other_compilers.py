"""Compilers of small devices, of large machines, and of old: each has a form of its own."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.lines.diagnostic import ERROR, WARNING
from millstream.output.messages.row import Row
from millstream.output.messages.words import INDENTED, SAYS_NOTHING

OTHER_COMPILER_ROWS: Final = (
    Row(
        "Cray",
        r"(?:CC|ftn)-\d{1,5} [\w+]{2,10}: (?:(?P<error>ERROR|LIMIT|INTERNAL)|(?P<warning>WARNING|CAUTION)"
        r"|(?P<note>NOTE|VECTOR|INLINE|COMMENT|ANSI)) ",
        first="Cf",
        phase=Phase.COMPILE,
        located=True,
        follow=INDENTED,
        errors=("CC-20 cc: ERROR File = lid.c, Line = 3", "ftn-205 ftn: ERROR BOIL, File = lid.f90, Line = 3"),
        warnings=("ftn-790 crayftn: WARNING BOIL, File = lid.f90, Line = 3, Column = 5",),
        notes=("ftn-6005 ftn: VECTOR ERROR, File = lid.f90, Line = 3",),
    ),
    Row(
        "HP",
        r"(?:cc|aCC|CC|cxx|c\+\+|f90|f77): \"[^\"]{1,400}\", line \d{1,9}: (?:(?P<error>error)|(?P<warning>warning)"
        r"|(?P<note>note)) \d",
        first="caCf",
        phase=Phase.COMPILE,
        located=True,
        errors=('cc: "lid.c", line 3: error 1588: "x" undefined.',),
        warnings=('cc: "lid.c", line 3: warning 604: Pointers are not assignment-compatible.',),
        notes=('cc: "error.c", line 3: note 1: x',),
    ),
    Row(
        "DEC",
        r"(?:cc|cxx|f77|f90|fort|ccom|cfe): Severe: ",
        ERROR,
        first="cf",
        phase=Phase.COMPILE,
        located=True,
        errors=("cc: Severe: /w/lid.c, line 17: Cannot find file <kettle.h> specified in #include directive.",),
    ),
    Row(
        "Absoft, EPC, ftnchek",
        r"(?:(?P<error>[Ee]rror)|(?P<warning>[Ww]arning|Nonportable usage)) (?:on line \d{1,9} of \S"
        r"|near line \d{1,9} (?:col \d{1,9} )?file |\d{1,4} at \(\d{1,9}:[^)]{1,400}\) : )",
        first="EeWwN",
        phase=Phase.COMPILE,
        located=True,
        errors=("Error on line 3 of lid.f: unclassifiable statement", "Error 24 at (2:lid.f90) : syntax error"),
        warnings=(
            "warning on line 17 of lid.f: data type is undefined for variable d",
            "Warning near line 10 file lid.f: Module contains no executable statements",
        ),
    ),
    Row(
        "Borland of old",
        r"(?:(?P<error>Error|Fatal)|(?P<warning>Warning)) [^\s:]{1,400}\.\w{1,5} \d{1,9}: \S",
        first="EFW",
        phase=Phase.COMPILE,
        located=True,
        errors=("Error lid.c 15: Unable to open include file 'kettle.h'",),
        warnings=("Warning lid.c 68: Call to function 'boil' with no prototype",),
    ),
    Row(
        "Microtec",
        r"\"[^\"]{1,400}\", line \d{1,9}(?: pos \d{1,9}; \((?:(?P<error>[EF])|(?P<warning>W))\) )",
        first='"',
        phase=Phase.COMPILE,
        located=True,
        errors=('"lid.c", line 32 pos 1; (E) syntax error; unexpected symbol: "x"',),
        warnings=('"lid.c", line 33 pos 1; (W) x',),
    ),
    Row(
        "Verdix",
        r"\"[^\"]{1,400}\", line \d{1,9}\(\d{1,9}\): (?:(?P<error>error)|(?P<warning>warning)):",
        first='"',
        phase=Phase.COMPILE,
        located=True,
        errors=('"lid.adb", line 2(11): error: x',),
        warnings=('"lid.adb", line 2(11): warning: file name does not match',),
    ),
    Row(
        "Lucid",
        r"(?:(?P<error>[EF])|(?P<warning>W)), [^\s(]{1,400}\(\d{1,9},\d{1,9}\) ",
        first="EFW",
        phase=Phase.COMPILE,
        located=True,
        errors=("E, lid.cc(35,52) Illegal operation on pointers",),
        warnings=("W, lid.cc(36,52) x",),
    ),
    Row(
        "Oracle",
        r"(?:(?:Semantic|Syntax) error|Error) at line \d{1,9}, column \d{1,9},? (?:in )?file "
        r"|(?:PCC-[SF]?-?\d{4,5}|PLS-\d{5}|ORA-\d{5}|SP2-\d{4}|PRO-\d{5})[:,] "
        r"|E,[^,]{1,200},[A-Z ]{3,30},INVALID,\d{1,9},\d{1,9},(?:PLS|ORA)-",
        ERROR,
        first="SEPO",
        phase=Phase.COMPILE,
        errors=(
            "Semantic error at line 528, column 5, file lid.pc:",
            "PCC-02150: error at line 49, column 27 in file /w/lid.pc",
            "PLS-00201: identifier 'LID' must be declared",
            "ORA-00942: table or view does not exist",
            'E,LID#B,TRIGGER,INVALID,5,1,PLS-00103: Encountered the symbol "END" when expecting one of the following:',
        ),
    ),
    Row(
        "Oracle",
        r"[EW],[^,]{1,200},[A-Z ]{3,30},INVALID,\d{1,9},\d{1,9},PLW-|PLW-\d{5}: ",
        WARNING,
        first="EWP",
        phase=Phase.COMPILE,
        warnings=("E,LID#B,PACKAGE BODY,INVALID,45,1,PLW-05004: identifier LID is also declared",),
    ),
    Row(
        "Green Hills",
        r"\[(?:\w{1,20}\] \()?(?:(?P<error>(?:fatal )?error)|(?P<warning>warning)|(?P<note>remark))"
        r" #\d{1,5}(?:-D)?[)\]] ",
        first="[",
        errors=("[elxr] (error #412) unresolved symbols: 1", "[error #412] (ELXR_error) unresolved symbols: 1"),
        warnings=("[elxr] (warning #171) out of date",),
        notes=("[elxr] (remark #1) no error: x",),
    ),
    Row(
        "SDCC",
        r"\?AS[lL]ink-(?:(?P<error>Error)|(?P<warning>Warning))-",
        first="?",
        phase=Phase.LINK,
        errors=("?ASlink-Error-Could not get 29 consecutive bytes",),
        warnings=("?ASlink-Warning-Undefined Global '_boil' referenced by module 'lid'",),
    ),
    Row(
        "XC8",
        r"(?:(?P<error>Error)|(?P<warning>Warning)) {0,3}\[\d{1,4}\] [^;]{1,400}; \d{1,9}\.\d{1,9} ",
        first="EW",
        phase=Phase.COMPILE,
        located=True,
        errors=('Error   [192] lid.c; 3.5 undefined identifier "x"',),
        warnings=("Warning [361] lid.c; 3.5 function declared implicit int",),
    ),
    Row(
        "QA C",
        r"(?:[A-Za-z]:)?[^:\"]{1,400}\(\d{1,9},\d{1,9}\): (?:(?P<error>Err)|(?P<warning>Msg))\(\d{1,2}:\d{4}\) ",
        holds=("): Err(", "): Msg("),
        phase=Phase.LINT,
        located=True,
        errors=("C:\\w\\lid.h(724,17): Err(9:0818) Cannot find kettle.h - Perhaps the search path was not given?",),
        warnings=("C:\\w\\lid.h(185,85): Msg(2:3429) A function-like macro is being defined.",),
    ),
    Row(
        "cc of old, GnuCOBOL",
        r"[^\s:\"]{1,400}: \d{1,9}: (?:(?P<error>[Ee]rror)|(?P<warning>[Ww]arning)|(?P<note>[Nn]ote)): "
        rf"{SAYS_NOTHING}",
        holds=(": error: ", ": Error: ", ": warning: ", ": Warning: ", ": note: ", ": Note: "),
        located=True,
        errors=("lid.cbl: 3: error: 'LID' is not defined",),
        warnings=("lid.cbl: 3: Warning: x",),
        notes=("lid.cbl: 3: note: error",),
    ),
    Row(
        "gcc of old",
        r"[^\s:\"]{1,400}(?:\.\w{1,4}|[Mm]akefile):\d{1,9}:(?:\d{1,9}:)? (?:[^\s:]{1,400}: No such file or directory\Z"
        r"|invalid preprocessing directive|parse error|syntax error |missing terminating |redefinition of "
        r"|conflicting types for |too (?:few|many) arguments to |undefined: )",
        ERROR,
        holds=(
            *(": No such file", "invalid preproc", "parse error", "syntax error", "missing terminating"),
            *("redefinition of", "conflicting types", " arguments to ", ": undefined: "),
        ),
        placed=True,
        located=True,
        errors=(
            "/w/lid.c:12:15: kettle.h: No such file or directory",
            "/w/lid.cpp:20:2: invalid preprocessing directive #incldue",
            "lid.c:3: parse error before `}'",
            "lid.go:3: undefined: boil",
        ),
        others=("lid.c:3: see kettle.h", "warnings.cc:9:   instantiated from 'void out(T)'"),
    ),
    Row(
        "GNAT, gprbuild",
        r"gnat(?:make|link|bind): (?:\".{1,400}\" (?:compilation error|not found)|\*\*\* )"
        r"|(?:gprbuild|gprlink|gprbind): \*\*\* ",
        ERROR,
        first="g",
        phase=Phase.COMPILE,
        errors=('gnatmake: "lid.adb" compilation error', "gprbuild: *** compilation phase failed"),
    ),
    Row(
        "SP, jade",
        r"[\w./-]{1,100}:[^\s:]{1,400}:\d{1,9}:\d{1,9}:(?:(?P<error>[EFX])|(?P<warning>W)): ",
        holds=(":E: ", ":F: ", ":X: ", ":W: "),
        placed=True,
        located=True,
        errors=("jade:lid.dsl:133:17:E: missing argument for function call",),
        warnings=("onsgmls:lid.sgml:3:5:W: x",),
    ),
    Row(
        "Xilinx",
        r"(?:(?P<error>(?:FATAL_)?ERROR)|(?P<warning>WARNING)|(?P<note>INFO)):[A-Z]\w{1,30}:\d{1,5} - ",
        first="EFWI",
        errors=('ERROR:HDLCompiler:69 - "lid.v" Line 3: <x> is not declared.',),
        warnings=("WARNING:Xst:647 - Input <lid> is never used.",),
        notes=("INFO:Xst:1767 - error: x",),
    ),
)
