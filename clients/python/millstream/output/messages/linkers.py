"""What linkers, archivers and the loader say, who often leave out the word "error"."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.lines.diagnostic import ERROR, INFO, WARNING
from millstream.output.messages.row import Row
from millstream.output.messages.words import FOLDER, INDENTED

_LD: Final = (
    rf"{FOLDER}(?:[\w.-]{{1,40}}-)?(?:ld(?:64)?(?:\.\w{{1,8}})?|gold|mold|collect2)(?:-[\d.]{{1,9}})?(?:\.exe)?: "
)

_NAMES: Final = ("ld: ", "ld.", "ld-", "ld64", "gold: ", "mold: ", "collect2: ", ".exe: ")

LINKER_ROWS: Final = (
    Row(
        "Xcode",
        r"Undefined symbols for architecture |Undefined symbols?:\Z",
        ERROR,
        first="U",
        phase=Phase.LINK,
        follow=INDENTED,
        errors=("Undefined symbols for architecture arm64:",),
    ),
    Row(
        "Xcode",
        r"(?:ld: )?duplicate symbols? ['_\"]|\d{1,9} duplicate symbols? for architecture ",
        ERROR,
        first="dl",
        phase=Phase.LINK,
        follow=INDENTED,
        errors=("duplicate symbol '_x' in:",),
    ),
    Row(
        "AIX",
        rf"{_LD}\d{{4}}-\d{{3}} (?:(?P<error>(?:SEVERE )?ERROR|FATAL|Error )|(?P<warning>WARNING)|(?P<note>\S))",
        holds="ld: ",
        phase=Phase.LINK,
        errors=("ld: 0711-317 ERROR: Undefined symbol: .lid", "ld: 0711-987 Error occurred while reading file"),
        warnings=("ld: 0711-224 WARNING: Duplicate symbol: lid",),
        notes=("ld: 0711-345 Use the -bloadmap or -bnoquiet option to obtain more information.",),
    ),
    Row(
        "linkers that speak of something else",
        rf"{_LD}(?:.{{0,1000}}?: in (?:function|section) |.{{0,1000}}?(?:skipping incompatible|removing unused"
        rf"|supported (?:targets|emulations)"
        r"|use the --help|file not needed|no longer )|GNU |LLVM |LLD |total |mode )",
        INFO,
        holds=_NAMES,
        notes=(
            "/usr/bin/ld: a.o: in function `main':",
            "/usr/bin/ld: skipping incompatible /usr/lib/libk.so when searching for -lk",
            "/usr/bin/ld: removing unused section '.text' in file 'a.o'",
        ),
    ),
    Row(
        "linkers",
        rf"{_LD}(?!warning|note|WARNING|NOTE)\S{{1,1000}} \S",
        ERROR,
        holds=_NAMES,
        phase=Phase.LINK,
        errors=(
            "ld: in /w/libKettle.a(Kettle.o), building for iOS Simulator, but linking in object file built for iOS",
            "/usr/bin/ld: a.o: relocation R_X86_64_32 against `.bss' can not be used; recompile with -fPIC",
            "/usr/bin/ld: cannot find -lfoo: No such file or directory",
            "ld: symbol(s) not found for architecture arm64",
            "ld: library not found for -lfoo",
            "ld: framework not found Kettle",
            "ld: Undefined symbols:",
            "/usr/bin/ld: b.o:(.bss+0x0): multiple definition of `x'",
            "/usr/bin/ld: final link failed: bad value",
            "ld: can't map file, errno=22 file '/w/x.a' for architecture arm64",
            "collect2: ld returned 1 exit status",
            "ld: fatal: symbol referencing errors",
        ),
        others=("ld: lid",),
    ),
    Row(
        "linkers that name an object",
        r"(?!.{0,400}[\"|&])[^\s:\";]{1,400}(?::\d{1,9})?: ?(?:\([^)]{1,200}\): |error: )?"
        r"(?:undefined reference to |multiple definition of |relocation truncated to fit|undefined symbol: "
        r"|hidden symbol )",
        ERROR,
        holds=("undefined ", "multiple definition", "relocation truncated", "hidden symbol"),
        phase=Phase.LINK,
        errors=(
            "b.c:(.text+0x11): undefined reference to `q'",
            "b.c:12: undefined reference to `q'",
            "a.o:(.text+0x3): relocation truncated to fit: R_X86_64_PC32",
            "lid.o: undefined symbol: kettle",
            "lid.c:(.text+0x0): multiple definition of `boil'; kettle.o:kettle.c:(.text+0x0): first defined here",
        ),
    ),
    Row(
        "go",
        rf"{FOLDER}link: running \S{{1,100}} failed|[\w./-]{{1,200}}: relocation target \S{{1,200}} not defined",
        ERROR,
        holds=(": running ", ": relocation target"),
        phase=Phase.LINK,
        errors=(
            "/usr/local/go/pkg/tool/linux_amd64/link: running gcc failed: exit status 1",
            "main.main: relocation target main.f not defined",
        ),
    ),
    Row(
        "archivers that warn",
        rf"{FOLDER}(?:[\w.-]{{1,40}}-)?(?:libtool|ranlib|ar): (?:file: .{{1,1000}} has no symbols|warning )",
        WARNING,
        holds=("has no symbols", " warning "),
        phase=Phase.LINK,
        warnings=(
            "/usr/bin/ranlib: file: libk.a(lid.o) has no symbols",
            "libtool: warning same member name (lid.o) in output file",
        ),
    ),
    Row(
        "archivers and binutils",
        rf"{FOLDER}(?:[\w.-]{{1,40}}-)?(?:ar|nm|strip|objcopy|objdump|ranlib|lipo|libtool|install_name_tool|otool|as"
        rf"|dsymutil|readelf)"
        r"(?:-[\d.]{1,9})?: .{0,1000}?(?:No such file|can't |cannot |unable to |malformed|not recognized|out of date"
        r"|truncated)",
        ERROR,
        holds=(
            "No such file",
            "can't ",
            "cannot ",
            "unable to ",
            "malformed",
            "not recognized",
            "out of date",
            "truncated",
        ),
        phase=Phase.LINK,
        errors=("ar: lid.o: No such file or directory", "lipo: can't open input file: /w/x"),
        others=("ar: creating libk.a",),
    ),
    Row(
        "CUDA",
        r"(?:ptxas|nvcc|nvlink|fatbinary|cicc)(?: [^\s,;]{1,400}(?:, line \d{1,9};)?)? {0,4}(?:(?P<error>fatal"
        r"|error)|(?P<warning>warning)"
        r"|(?P<note>info)) {1,4}: ",
        first="pncf",
        phase=Phase.COMPILE,
        errors=(
            "ptxas fatal   : Unresolved extern function 'lid'",
            "ptxas /tmp/lid.ptx, line 3; error   : Illegal operand type",
            "nvcc fatal   : Unsupported gpu architecture 'compute_20'",
        ),
        warnings=("nvlink warning : Skipping incompatible library",),
        notes=("ptxas info    : Used 12 registers",),
    ),
    Row(
        "loaders",
        r"dyld(?:\[\d{1,9}\])?: (?:Library not loaded|[Ss]ymbol not found|lazy symbol binding failed|missing symbol)",
        ERROR,
        first="d",
        errors=("dyld[123]: Library not loaded: @rpath/libkettle.dylib",),
    ),
    Row(
        "loaders",
        r"[^\"]{1,400}: (?:error while loading shared libraries|symbol lookup error): ",
        ERROR,
        holds=("error while loading", "symbol lookup error"),
        errors=("./lid: error while loading shared libraries: libkettle.so: cannot open shared object file",),
    ),
    Row(
        "gold",
        r"[^\s\"]{1,400}:function \S.{0,400}: (?:(?P<error>error)|(?P<warning>warning)): ",
        holds=":function ",
        phase=Phase.LINK,
        errors=("lid.o:lid.c:function boil: error: undefined reference to 'kettle'",),
        warnings=("lid.o:lid.c:function boil: warning: the use of `tmpnam' is dangerous",),
    ),
)
