"""What is an error, what is a warning, and what only looks like one."""

import pytest

from tests.output.output_of import ERROR, INFO, WARNING, levels_and_categories, lines_of

ERRORS = [
    # compilers
    ("a.c:1:2: error: 'x' undeclared", "compile"),
    ("a.c:1: fatal error: x.h: No such file", "compile"),
    ("/x/a b.m:47:12: error: returning 'float'", "compile"),
    ("<unknown>:0: error: fatal", "compile"),
    ("C:\\src\\a.cpp(12): error C2065: 'x': undeclared identifier", "compile"),
    ("a.cs(3,9): error CS0103: The name [a.csproj]", "compile"),
    ("src/a.ts(1,2): error TS2304: Cannot find name", "compile"),
    ("src/a.ts:1:2 - error TS2304: Cannot find name", "compile"),
    ("/tmp/cc.s:3: Error: no such instruction: `x'", "compile"),
    ("parse.y:3.5-10: error: $1 has no type", "compile"),
    ("a.py:1: error: Incompatible types  [assignment]", "compile"),
    ("a.java:3: error: cannot find symbol", "compile"),
    ("    [javac] /x/A.java:3: error: cannot find symbol", "compile"),
    ("[ERROR] /x/A.java:[5,9] cannot find symbol", "compile"),
    ("e: file:///x/A.kt:10:5 Unresolved reference: foo", "compile"),
    ("e: /x/A.kt: (10, 5): Unresolved reference: foo", "compile"),
    ("error[E0308]: mismatched types", "compile"),
    ("./main.go:5:2: undefined: bar", "compile"),
    ("gcc: error: unrecognized command-line option '-x'", "compile"),
    ("/usr/bin/arm-linux-gnueabi-gcc-12: fatal error: no input files", "compile"),
    ("cc1: all warnings being treated as errors", "compile"),
    ("clang: error: no such file or directory: 'x.c'", "compile"),
    ("x.cc:9:1: internal compiler error: Segmentation fault", "compile"),
    # linkers
    ("clang: error: linker command failed with exit code 1", "link"),
    ("b.c:(.text+0x11): undefined reference to `q'", "link"),
    ("/usr/bin/ld: b.o:(.bss+0x0): multiple definition of `x'", "link"),
    ("/usr/bin/ld: cannot find -lfoo: No such file or directory", "link"),
    ("ld: symbol(s) not found for architecture arm64", "link"),
    ("ld: library not found for -lfoo", "link"),
    ("ld.lld: error: undefined symbol: foo", "link"),
    ("collect2: error: ld returned 1 exit status", "link"),
    ("Undefined symbols for architecture arm64:", "link"),
    ("duplicate symbol '_x' in:", "link"),
    # build tools
    ("make: *** [Makefile:3: all] Error 1", "stdout"),
    ("gmake[2]: *** [CMakeFiles/b.dir/build.make:98: b] Error 1", "stdout"),
    ("Makefile:3: *** missing separator.  Stop.", "stdout"),
    ("FAILED: obj/a.o", "stdout"),
    ("ninja: error: loading 'build.ninja': No such file", "stdout"),
    ("ninja: build stopped: subcommand failed.", "stdout"),
    ("CMake Error at CMakeLists.txt:3 (message):", "configure"),
    ("configure: error: no acceptable C compiler found in $PATH", "configure"),
    ("> Task :app:compileJava FAILED", "compile"),
    ("FAILURE: Build failed with an exception.", "stdout"),
    ("BUILD FAILED in 2s", "stdout"),
    ("[INFO] BUILD FAILURE", "stdout"),
    ("[ERROR] Failed to execute goal", "stdout"),
    ("[error] (compile) Compilation failed", "stdout"),
    ("** BUILD FAILED **", "stdout"),
    ("** TEST FAILED **", "stdout"),
    ("xcodebuild: error: Scheme x is not configured", "stdout"),
    ("Command CompileSwift failed with a nonzero exit code", "stdout"),
    ("LINK : fatal error LNK1181: cannot open input file", "stdout"),
    ("npm ERR! code ELIFECYCLE", "stdout"),
    ("npm error code ENOENT", "stdout"),
    ("error Command failed with exit code 1.", "stdout"),
    ("ERROR in ./src/a.js 3:5", "stdout"),
    ("  12:5  error  'x' is defined but never used  no-unused-vars", "stdout"),
    ("error: command '/usr/bin/gcc' failed with exit code 1", "stdout"),
    ("      error: subprocess-exited-with-error", "stdout"),
    ("ERROR: Could not find a version that satisfies the requirement x", "stdout"),
    ("fatal: not a git repository", "stdout"),
    ("/bin/sh: 1: foo: not found", "stdout"),
    ("build.sh: line 3: foo: command not found", "stdout"),
    # programs
    ("Traceback (most recent call last):", "stdout"),
    ("subprocess.CalledProcessError: Command failed", "stdout"),
    ('Exception in thread "main" java.lang.IllegalStateException: x', "stdout"),
    ("thread 'main' panicked at src/main.rs:3:5:", "stdout"),
    ("Segmentation fault (core dumped)", "stdout"),
    # tests
    ("✘ Test a() failed after 0.064 seconds with 1 issue.", "test"),
    ("✘ Test a() recorded an issue at A.swift:120:6: Caught error", "test"),
    ("Test Case '-[AppTests testA]' failed (0.1 seconds).", "test"),
    ("Test Suite 'AppTests' failed at 2025-02-17 08:27:32.497.", "test"),
    ("\t Executed 2 tests, with 1 failure (0 unexpected) in 0.1 (0.1) seconds", "test"),
    ("test a::b ... FAILED", "test"),
    ("test result: FAILED. 1 passed; 1 failed", "test"),
    ("--- FAIL: TestX (0.00s)", "test"),
    ("FAIL\texample.com/foo\t0.01s", "test"),
    ("FAILED tests/test_a.py::test_b - assert 1 == 2", "test"),
    ("ERROR tests/test_a.py::test_b - ValueError: no", "test"),
    ("E       assert 1 == 2", "test"),
    ("=========== 1 failed, 2 passed, 1 warning in 0.57s ===========", "test"),
    ("tests/test_a.py::test_b FAILED                       [ 66%]", "stdout"),
    ("FooTest > bar FAILED", "stdout"),
    (" 1/10 Test  #1: foo ....................***Failed    0.01 sec", "stdout"),
    ("not ok 3 - x", "test"),
]

WARNINGS = [
    ("a.c:1:2: warning: unused variable 'x' [-Wunused-variable]", "compile"),
    ("<unknown>:0: warning: passing argument", "compile"),
    ("a.cpp(12,5): warning C4996: deprecated", "compile"),
    ("[WARNING] /x/A.java:[12,39] [deprecation] x", "compile"),
    ("[step] [WARNING] C:\\x\\A.java:[12,39] [deprecation] x", "compile"),
    ("w: file:///x/A.kt:3:7 Variable 'x' is never used", "compile"),
    ("/x/A.swift:3:5: warning: Line Length Violation", "compile"),
    ("ld: warning: directory not found for option", "link"),
    ("warning: 'soto': found 1074 file(s) which are unhandled", "stdout"),
    ("warning: `x` (lib) generated 2 warnings", "stdout"),
    ("WARNING: The candidate was yanked", "stdout"),
    ("DEPRECATION: Python 2.7 reached the end of its life", "stdout"),
    ("configure: WARNING: unrecognized options: --x", "configure"),
    ("CMake Warning (dev) in CMakeLists.txt:", "configure"),
    ("CMake Deprecation Warning at CMakeLists.txt:1 (cmake_minimum_required):", "configure"),
    ("Makefile:12: warning: overriding recipe for target 'x'", "compile"),
    ("make: [Makefile:3: clean] Error 1 (ignored)", "stdout"),
    ("npm WARN deprecated foo@1: no longer supported", "stdout"),
    ("npm warn deprecated foo@1: no longer supported", "stdout"),
    ('warning " > foo@1.0" has unmet peer dependency "bar"', "stdout"),
    ("[warn] deprecated", "stdout"),
    ("/x/a.py:4: DeprecationWarning: be careful", "stdout"),
]

ORDINARY = [
    "gcc -Wall -Werror -c error.c -o error.o",
    "  CC       error.o",
    "error.c",
    "[3/9] Building C object error_handling.c.o",
    "src/error.c: In function 'error':",
    "a.c:1:2: note: expanded from macro 'error'",
    "note: Using codesigning identity override: ",
    "0 errors, 0 warnings",
    "1 error generated.",
    "2 warnings generated.",
    "1 error",
    "    0 Warning(s)",
    "errors: 0",
    "warnings: 0",
    "error: 0",
    "warning: none",
    "Error handling is described in docs/errors.md",
    "[WARNINGS] Parsing warnings of log file...",
    "A total of 105 warnings have been found.",
    "-- Performing Test HAVE_WERROR - Failed",
    "checking for gcc option to treat warnings as errors... -Werror",
    'echo "a.c:3: error: bad"',
    'clang -DX="a.c:1: error: no" -c foo.c',
    "Create schema failed with error:  PSQLError(code: server)",
    "✔ Test analyze_refreshCheckout_failed() passed after 1.198 seconds.",
    "✘ Test a() passed after 0.1 seconds with 1 known issue.",
    "Test Case '-[A testThatItFailed]' passed (0.1 seconds).",
    "         Executed 0 tests, with 0 failures (0 unexpected) in 0.0 (0.0) seconds",
    "test error::failed ... ok",
    "test result: ok. 3 passed; 0 failed",
    "=========== 3 passed, 2 warnings in 0.57s ===========",
    "not ok 3 - x # TODO later",
    "    |       |- note: class 'A' does not conform",
    "12 |     error: x",
    "Failed to find a cached copy, downloading",
    "Compiling ErrorHandler.swift",
    "copying error/__init__.py -> build/lib/error",
    "Tests run: 3, Failures: 0, Errors: 0, Skipped: 0",
    "[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0",
    "debug: an error was expected",
    "Test case 'LidTests/testBoil()' skipped on 'My Mac - Kettle (123)' (0.1 seconds)",
    "3/3 Test #3: slow .............................***Skipped   0.00 sec",
    "The following tests did not run:",
    "/usr/bin/ld: lid.o: in function `boil':",
    "lid.f90(12): remark #15300: LOOP WAS VECTORIZED",
    "[       OK ] Lid.Closes (0 ms)",
    "[----------] 3 tests from Lid (3 ms total)",
    "[==========] 3 tests from 1 test suite ran. (3 ms total)",
    "[ RUN      ] Lid.ErrorCase",
    "All tests passed (3 assertions in 2 test cases)",
    "*** No errors detected",
    "//kettle:lid_test                                               (cached) PASSED in 0.1s",
    "    ✔ testBoil (0.001 seconds)",
    "▸ Compiling error.swift",
    "    ✓ testError (0.001 seconds)",
    "** TEST SUCCEEDED **",
    "[INFO] 1 error",
    "==1== ERROR SUMMARY: 0 errors from 0 contexts (suppressed: 0 from 0)",
    "error_handler.c compiled",
    "gcc -Werror -c lid.c",
    "warning: 0",
    "no errors",
    "No errors.",
    "  CC error.o",
    "-Wno-error",
    "Compiling error.c",
    "clang --error-limit=0 lid.c",
    '{"level":"error","message":"x"}',
    '{"error": null}',
    '    "error: x",',
    "test_error_handling PASSED",
    "test error_is_shown ... ok",
    "Downloading error-prone-2.0.jar",
    "[ 50%] Building CXX object error.cpp.o",
    "-- Looking for strerror - found",
    "checking for perror... yes",
    "Found 0 errors. Watching for file changes.",
    "0 warnings and 0 errors generated.",
    '✓ shows an error: "x"',
    "[info] error: handled",
    "Tests: 3 passed, 0 failed",
    "info: 3 warnings suppressed",
    "https://example.com/error: x",
    "error.log: 12 KB",
    "INFO: no error: all is well",
    "# error: comment in yaml",
    'const error = new Error("x");',
    "throw new Error('x')",
    "  if (error) { return error; }",
    "+ error: x",
    "- error: x",
    "@@ -1,3 +1,3 @@ error",
    "see error: it happens",
    "Exit status: error code 0",
    "Total errors: 0",
    "Error count: 0",
    "ERRORS: 0",
    "0 error(s), 0 warning(s)",
    "    0 Error(s)",
    "Failed: 0",
    "failures: 0",
    "3 passed, 0 failed",
    "12:00:00 INFO error handler: installed",
    "2025-10-27 04:40:43,803 INFO [pool-1] a.B State changed to: [ERROR] - other state",
    "[main] INFO a.B - error: recovered",
]


@pytest.mark.parametrize(("text", "category"), ERRORS)
def test_errors(text: str, category: str) -> None:
    assert levels_and_categories(text) == [(ERROR, category)]


@pytest.mark.parametrize(("text", "category"), WARNINGS)
def test_warnings(text: str, category: str) -> None:
    assert levels_and_categories(text) == [(WARNING, category)]


@pytest.mark.parametrize("text", ORDINARY)
def test_lines_that_only_speak_of_errors(text: str) -> None:
    assert [line.level for line in lines_of(text)] == [INFO]


@pytest.mark.parametrize(("text", "category"), ERRORS)
def test_the_same_on_stderr(text: str, category: str) -> None:
    expected = "stderr" if category == "stdout" else f"stderr.{category}"
    assert levels_and_categories(text, "stderr") == [(ERROR, expected)]


def test_the_commands_of_an_xcodebuild_step_say_nothing() -> None:
    step = (
        "Ld /x/A normal arm64 (in target 'A' from project 'A')\n    cd /x\n    clang -o A\n    error: foo\nerror: bar\n"
    )
    assert [line.level for line in lines_of(step)] == [INFO, INFO, INFO, INFO, ERROR]


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("error[E0308]: mismatched types\n --> src/main.rs:2:26\n  |\n2 | fn main()\n", [ERROR, ERROR, INFO, INFO]),
        ("warning: unused\n  --> src/a.rs:1:5\n --> x\nplain\n --> x", [WARNING, WARNING, WARNING, INFO, INFO]),
        (
            "CMake Warning at CMakeLists.txt:6 (message):\n  a\n\n    b\n\nc\n  d",
            [WARNING] * 2 + [INFO, WARNING] + [INFO] * 3,
        ),
        (
            "* What went wrong:\nExecution failed for task ':a'.\n> It failed\n\n* Try:",
            [ERROR] * 3 + [INFO] * 2,
        ),
        ("The following build commands failed:\n\tCompileC a\n\tLd b\n(2 failures)", [ERROR] * 3 + [INFO]),
        ('Undefined symbols for architecture arm64:\n  "_f", from:\n      _main in a.o\nld: x\n', [ERROR] * 3 + [INFO]),
        ("a.c:1:2: error: x\n    int x;\n        ^", [ERROR, INFO, INFO]),
        ("warning: found 2 files\n    /x/a.swift\n    /x/b.swift", [WARNING, INFO, INFO]),
    ],
)
def test_lines_without_which_a_message_is_not_understood_have_its_level(text: str, levels: list[int]) -> None:
    assert [line.level for line in lines_of(text)] == levels


def test_what_modelsim_says_behind_the_level() -> None:
    text = "# ** Warning: ** while parsing file included at a.sv(1)\n# ** while parsing file included at b.sv(2)\n"
    said = levels_and_categories(text + "# ** at c.v(3): (vlog-2623) Undefined variable: lid.\n# ** while away\n")
    assert [level for level, _ in said] == [WARNING, WARNING, WARNING, INFO]
