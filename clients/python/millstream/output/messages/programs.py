"""Programs that a build runs: shells, interpreters, sanitizers, and how a program dies."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.diagnostic import ERROR, WARNING
from millstream.output.messages.row import Row
from millstream.output.messages.words import FOLDER

_EXCEPTION: Final = (
    r"(?:Uncaught (?:\(in promise\) )?)?(?:[a-zA-Z_]\w{0,60}(?:\.|::|\\)){0,12}"
    r"[A-Z]\w{0,60}(?:Error|Exception|Failure)(?: \[\w{1,60}\])?(?:: |\Z)"
)


def _dies(
    tool: str,
    pattern: str,
    *errors: str,
    first: str = "",
    holds: str | tuple[str, ...] = "",
    others: tuple[str, ...] = (),
) -> Row:
    return Row(tool, pattern, ERROR, first=first, holds=holds, errors=errors, others=others)


PROGRAM_ROWS: Final = (
    _dies(
        "a program that dies",
        r"(?:Segmentation fault|Bus error|Illegal instruction|Floating point exception|Killed: 9|Abort trap: 6"
        r"|Aborted \(core dumped\)|Trace/BPT trap: 5)(?!\w)|(?:Killed|Aborted)\Z",
        "Segmentation fault (core dumped)",
        "Killed",
        "Aborted (core dumped)",
        first="SBIKAFT",
        others=("Killed 3 processes",),
    ),
    _dies(
        "a program that dies",
        r"[^\"]{1,400}: line \d{1,9}: {1,9}\d{1,9} (?:Segmentation fault|Bus error|Illegal instruction|Aborted|Killed"
        r"|Floating point)",
        "./build.sh: line 3: 12345 Segmentation fault      (core dumped) ./lid",
        holds=": line ",
    ),
    _dies(
        "C and C++",
        r"terminate called |libc\+\+abi: |what\(\): {1,4}|Assertion failed: |free\(\): |malloc\(\): "
        r"|double free or corruption|munmap_chunk\(\): "
        r"|\*\*\* (?:stack smashing|buffer overflow|Terminating app due to|Error: )|💥 Program ",
        "terminate called after throwing an instance of 'std::runtime_error'",
        "  what():  no water",
        "Assertion failed: (x), function boil, file lid.c, line 3.",
        "*** stack smashing detected ***: terminated",
        first="tlwAfmd*💥",
    ),
    _dies(
        "C and C++",
        r"[^\"]{1,400}: Assertion [`'].{1,1000}' failed",
        "lid: lid.c:3: boil: Assertion `water > 0' failed.",
        holds="Assertion ",
    ),
    _dies("python", r"Traceback \(most recent call last\):", "Traceback (most recent call last):", first="T"),
    _dies(
        "python", r"\*\*\* (?:Error compiling|Sorry: \w{1,40}Error: )", "*** Error compiling './lid.py'...", first="*"
    ),
    _dies(
        "java",
        r"Caused by: (?:[\w$]{1,100}\.){1,12}[\w$]{1,100}(?:Exception|Error)\b|(?:exception|Exception): \S",
        "Caused by: java.io.IOException: no water",
        "exception: java.lang.OutOfMemoryError: Java heap space",
        "Exception: no water",
        first="CeE",
    ),
    _dies(
        "a runner of processes",
        r"(?:The )?[Pp]rocess (?:'.{1,400}' (?:failed|exited)|(?:finished|completed|exited)) with (?:exit )?code [1-9]"
        r"|[Cc]ommand (?:'.{1,400}'|\".{1,400}\") (?:failed|(?:exited|returned).{1,60}? [1-9])",
        "The process '/usr/bin/make' failed with exit code 2",
        "Process finished with exit code 1",
        'Command "make" failed',
        first="TPpCc",
        others=("Process finished with exit code 0", "Command 'make' exited with code 0"),
    ),
    _dies("java", r"Exception in thread ", 'Exception in thread "main" java.lang.IllegalStateException: x', first="E"),
    _dies(
        "rust",
        r"thread '.{1,400}?' (?:\(\d{1,12}\) )?panicked at ",
        "thread 'main' panicked at src/main.rs:3:5:",
        first="t",
    ),
    Row(
        "node",
        r"\(node:\d{1,9}\) (?:\[\w{1,40}\] )?\w{0,60}Warning: ",
        WARNING,
        first="(",
        warnings=("(node:12) [DEP0005] DeprecationWarning: Buffer() is deprecated",),
    ),
    _dies(
        "shells",
        rf"{FOLDER}[a-z]{{0,4}}sh: .{{0,400}}not found\Z|\w{{0,4}}sh:(?:\d{{1,9}}:)? command not found: "
        rf"|\S.{{0,400}}: command not found\Z|{FOLDER}\S{{1,100}}: \d{{1,9}}: \S{{1,200}}: not found\Z",
        "/bin/sh: 1: foo: not found",
        "build.sh: line 3: foo: command not found",
        "zsh:3: command not found: foo",
        "zsh: command not found: foo",
        "./build.sh: 3: foo: not found",
        holds="not found",
    ),
    _dies(
        "shells",
        r"[^\"]{1,400}: (?:line )?\d{1,9}: (?:[Ss]yntax error|.{1,400}?: (?:No such file or directory"
        r"|Permission denied|unbound variable"
        r"|cannot execute|bad substitution|Is a directory))",
        "./build.sh: line 3: syntax error near unexpected token `fi'",
        "build.sh: 3: Syntax error: end of file unexpected",
        "./build.sh: line 3: ./lid: Permission denied",
        holds=(
            "yntax error",
            "No such file",
            "Permission denied",
            "unbound variable",
            "cannot execute",
            "bad substitution",
            "Is a directory",
        ),
        others=("lid.c:3: Permission",),
    ),
    _dies(
        "shells",
        r"[a-z]{0,4}sh: (?:line \d{1,9}: )?\S{1,400}: (?:Permission denied|No such file or directory"
        r"|cannot execute.{0,100}|[Bb]ad interpreter.{0,100})\Z|fish: Unknown command: ",
        "bash: ./build.sh: Permission denied",
        "fish: Unknown command: foo",
        holds=("Permission denied", "No such file", "cannot execute", "ad interpreter", "Unknown command"),
    ),
    _dies(
        "coreutils and others",
        rf"{FOLDER}(?:cp|mv|mkdir|rmdir|ln|install|tar|cat|chmod|chown|touch|sed|gzip|unzip|patch|diff|dd|find|rm|ls"
        rf"|env|xargs|which|sudo|[ef]?grep|[gm]?awk|wget|head|tail|sort|tee|python(?:\d[\d.]{{0,4}})?|perl|ruby)"
        r": (?:cannot |can't |can’t |failed |unable to |-e expression #|Exiting with failure|Cannot |\*{4} "
        r"|.{1,400}?: (?:No such file or directory|Permission denied)\Z)",
        "cp: cannot stat 'lid': No such file or directory",
        "env: ‘python’: No such file or directory",
        "tar: Exiting with failure status due to previous errors",
        "patch: **** Can't open patch file lid.patch : No such file or directory",
        "grep: lid: No such file or directory",
        "wget: unable to resolve host address ‘kettle.org’",
        "python: can't open file '/w/lid.py': [Errno 2] No such file or directory",
        holds=(
            *("annot ", "can't ", "can’t ", "failed ", "Exiting with", "****", "No such file", "Permission denied"),
            *("unable to ", "-e expression"),
        ),
        others=("mkdir: created directory 'error'",),
    ),
    _dies(
        "patch",
        r"Hunk #\d{1,9} FAILED at |\d{1,9} out of \d{1,9} hunks? FAILED",
        "Hunk #1 FAILED at 3.",
        "1 out of 1 hunk FAILED -- saving rejects",
        first="H0123456789",
    ),
    _dies(
        "curl, rsync, svn, hg, git, protoc",
        r"curl: \(\d{1,3}\) |rsync error: |svn: E\d{6}: |abort: \S|CONFLICT \(|Automatic merge failed|--\w{1,40}_out: ",
        "curl: (22) The requested URL returned error: 404",
        "CONFLICT (content): Merge conflict in lid.c",
        "svn: E155007: '/w' is not a working copy",
        first="crsaCA-",
    ),
    Row(
        "sanitizers, valgrind",
        r"==\d{1,9}==(?:(?P<error>ERROR: | ERROR SUMMARY: [1-9]| (?:Invalid (?:read|write|free)|Conditional jump"
        r"|Use of uninit|Process terminating"
        r"|Mismatched free|Syscall param|Jump to the invalid)| {3,8}definitely lost: [1-9]"
        r"| [\d,]{1,15} (?:\([^)]{1,60}\) )?bytes in [\d,]{1,15} blocks are definitely lost)|(?P<warning>WARNING: ))",
        first="=",
        errors=(
            "==123==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010",
            "==123== Invalid read of size 4",
            "==123== ERROR SUMMARY: 2 errors from 2 contexts (suppressed: 0 from 0)",
            "==123==    definitely lost: 12 bytes in 1 blocks",
            "==123== 40 bytes in 1 blocks are definitely lost in loss record 1 of 1",
        ),
        warnings=("==123==WARNING: MemorySanitizer: use-of-uninitialized-value",),
        others=(
            "==123== ERROR SUMMARY: 0 errors from 0 contexts (suppressed: 0 from 0)",
            "==123==    definitely lost: 0 bytes",
        ),
    ),
    _dies(
        "sanitizers",
        r"SUMMARY: \w{1,40}Sanitizer: |\w{1,40}Sanitizer:DEADLYSIGNAL",
        "SUMMARY: ThreadSanitizer: data race lid.c:3 in boil",
        "AddressSanitizer:DEADLYSIGNAL",
        first="SAUTML",
    ),
    _dies(
        "Dr. Memory",
        r"(?:~~Dr\.M~~ )?Error #\d{1,9}: ",
        "~~Dr.M~~ Error #1: UNADDRESSABLE ACCESS: reading 0x0",
        first="~E",
    ),
    _dies(
        "exceptions of Python, Java, node, ruby, PHP",
        _EXCEPTION,
        "subprocess.CalledProcessError: Command failed",
        "ValueError: no water",
        "java.lang.IllegalStateException: no water",
        "Gem::Ext::BuildError: ERROR: Failed to build gem native extension.",
        "AssertionError",
        "Uncaught TypeError: x is not a function",
        "TypeError [ERR_INVALID_ARG_TYPE]: no water",
        holds=("Error", "Exception", "Failure"),
        others=("ErrorHandler: started", "PSQLErrors: 3"),
    ),
)
