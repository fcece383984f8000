"""What part of the build a line belongs to."""

import pytest

from millstream.output import Phase, phase_of, stream_of
from millstream.output.lines.categories import category
from millstream.output.steps.step_names import phase_of_name
from tests.output.output_of import lines_of

FIRST_LINES = [
    # make, and the commands that it prints
    ("gcc -Wall -c a.c -o a.o", "compile"),
    ("/usr/bin/x86_64-linux-gnu-g++-12 -O2 -c a.cc", "compile"),
    ("ccache clang -E a.c", "compile"),
    ("cd /x/build && /usr/bin/cc -c /x/a.c -o a.o", "compile"),
    (": && /usr/bin/cc a.o -o a && :", "link"),
    ("gcc -o a a.o b.o -lm", "link"),
    ("x86_64-linux-gnu-ar cru libx.a a.o", "link"),
    ("/bin/bash ../libtool --tag=CC --mode=compile gcc -c a.c", "compile"),
    ("libtool: link: gcc -o a a.o", "link"),
    ("/usr/bin/install -c -m 644 a /usr/bin", "install"),
    ("rustc --crate-name x src/main.rs", "compile"),
    ("javac -d out A.java", "compile"),
    ("  CC      init/main.o", "compile"),
    ("  CC [M]  drivers/x.o", "compile"),
    ("  CCLD     foo", "link"),
    ("  INSTALL  /lib/modules", "install"),
    ("gcc --version", "stdout"),
    ("make[1]: Entering directory '/x'", "stdout"),
    # cmake, ninja, autoconf
    ("-- Detecting C compile features", "configure"),
    ("-- Installing: /usr/local/bin/x", "install"),
    ("[12/340] Building C object CMakeFiles/a.dir/a.c.o", "compile"),
    ("[ 50%] Linking C static library liba.a", "link"),
    ("[100%] Built target a", "stdout"),
    ("[1/9] CXX obj/a.o", "compile"),
    ("[2/9] SOLINK ./liba.so", "link"),
    ("[3/9] Generating config.h", "prepare"),
    ("[4/9] Performing download step (git clone) for 'x'", "resolve"),
    ("[5/9] Whatever", "stdout"),
    ("checking for gcc... gcc", "configure"),
    ("config.status: creating Makefile", "configure"),
    # xcodebuild
    ("CompileC /x/a.o /x/a.m normal arm64 objective-c", "compile"),
    ("SwiftDriver\\ Compilation A normal arm64 (in target 'A' from project 'A')", "compile"),
    ("CodeSign /x/A.app (in target 'A' from project 'A')", "codesign"),
    ("ProcessInfoPlistFile /x/Info.plist", "resource"),
    ("PhaseScriptExecution Run\\ Script /x/Script-1.sh", "script"),
    ("Copy /a /b (in target 'A' from project 'A')", "resource"),
    ("Ld /x/A normal", "link"),
    ("GenerateDSYMFile /x/A.dSYM /x/A (in target 'A' from project 'A')", "package"),
    ("NewStepOfNextYear /x (in target 'A' from project 'A')", "stdout"),
    ("=== BUILD TARGET A OF PROJECT B WITH CONFIGURATION Debug ===", "prepare"),
    ("Resolve Package Graph", "resolve"),
    ("Copy this file to /etc", "stdout"),
    ("Validate the signature", "stdout"),
    ("Analyze this", "stdout"),
    # swift
    ("Fetching https://github.com/apple/swift-nio.git from cache", "resolve"),
    ("Building for debugging...", "compile"),
    ("[3/10] Compiling A main.swift", "compile"),
    ("[4/10] Emitting module A", "compile"),
    ("[10/10] Linking A", "link"),
    # cargo
    ("   Compiling serde v1.0.219", "compile"),
    ("    Checking serde v1.0.219", "compile"),
    ("    Updating crates.io index", "resolve"),
    ("  Downloaded serde v1.0.219", "resolve"),
    ("     Running unittests src/lib.rs (target/debug/deps/x-911ddf753c2355fc)", "test"),
    ("     Running `rustc --crate-name x`", "compile"),
    ("     Running `target/debug/x`", "stdout"),
    ("    Finished `dev` profile [unoptimized + debuginfo] target(s) in 0.32s", "stdout"),
    ("   Compiling is slow today", "stdout"),
    # gradle, maven
    ("> Task :app:compileJava", "compile"),
    ("> Task :app:processDebugResources UP-TO-DATE", "resource"),
    ("> Task :app:test", "test"),
    ("> Task :app:assembleDebug", "package"),
    ("> Task :app:preBuild", "stdout"),
    (":compileJava UP-TO-DATE", "compile"),
    ("> Configure project :app", "configure"),
    ("[INFO] --- maven-compiler-plugin:3.8.1:compile (default-compile) @ demo ---", "compile"),
    ("[INFO] --- surefire:3.1.2:test (default-test) @ demo ---", "test"),
    ("[INFO] --- maven-jar-plugin:3.3.0:jar (default-jar) @ demo ---", "package"),
    ("[INFO] [compiler:compile]", "compile"),
    ("[INFO] Downloading from central: https://repo1.maven.org/x.pom", "resolve"),
    ("[INFO] Scanning for projects...", "stdout"),
    # python, npm, go
    ("running build_ext", "compile"),
    ("running bdist_wheel", "package"),
    ("building 'foo._bar' extension", "compile"),
    ("Collecting requests", "resolve"),
    ("Successfully installed requests-2.32", "install"),
    ("===================== test session starts ======================", "test"),
    ("> app@1.0.0 build", "script"),
    ("added 12 packages, and audited 13 packages in 1s", "resolve"),
    ("# example.com/foo", "compile"),
    ("ok  \texample.com/bar\t0.01s", "test"),
    # tests
    ("Test Suite 'All tests' started at 2025-02-17 08:27:32.491", "test"),
    ("◇ Test run started.", "test"),
    ("running 2 tests", "test"),
]


@pytest.mark.parametrize(("text", "expected"), FIRST_LINES)
def test_the_first_line_of_a_step(text: str, expected: str) -> None:
    assert [line.category for line in lines_of(text)] == [expected]


def _steps(text: str) -> list[str]:
    return [line.category for line in lines_of(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "CompileC /a /b (in target 'A' from project 'A')\n    cd /x\n    clang\na.m:1:2: error: x\n  x\n\ndone",
            ["compile"] * 5 + ["stdout"] * 2,
            id="a block goes on up to a blank line",
        ),
        pytest.param(
            "PhaseScriptExecution Lint /x.sh\n    cd /x\nhello\n\na.swift:1:2: warning: x\nTouch /x\nx",
            ["script"] * 3 + ["stdout", "script", "prepare", "prepare"],
            id="a script goes on over blank lines, up to the next step",
        ),
        pytest.param(
            "gcc -c a.c\na.c: In function 'f':\na.c:1:2: warning: x\n   1 | x;\n     | ^\n./run",
            ["compile"] * 5 + ["stdout"],
            id="a command of make goes on over its messages",
        ),
        pytest.param(
            "a.java:1: error: x\nclass A {\n   ^\n1 error\nplain",
            ["compile"] * 4 + ["stdout"],
            id="the line after a place is its source, indented or not",
        ),
        pytest.param(
            "[1/2] Building a.o\na.c:1:2: warning: x\n\n[2/2] Linking a\nld: cannot find -lx\ncollect2: error: x",
            ["compile", "compile", "stdout", "link", "link", "link"],
            id="ninja",
        ),
        pytest.param(
            "[ 75%] Linking C executable b\n/usr/bin/cc -o b a.o\nwhat it says\nmake[2]: Leaving directory '/x'\nplain",
            ["link"] * 3 + ["stdout"] * 2,
            id="make comes back from a folder",
        ),
        pytest.param(
            "> Task :a:test\n\nATest > b FAILED\n    java.lang.AssertionError\n\nFAILURE: x\nplain",
            ["test", "stdout", "test", "test", "stdout", "stdout", "stdout"],
            id="gradle",
        ),
        pytest.param(
            "running build_ext\nbuilding 'a' extension\ngcc -shared -o a.so\nplain\nrunning install\nplain",
            ["compile", "compile", "link", "compile", "install", "install"],
            id="what a command does inside a section",
        ),
        pytest.param(
            "   Compiling a v1.0.0\nwarning: x\n --> a.rs:1:2\n\nwarning: y\n    Finished `dev`\nplain",
            ["compile"] * 3 + ["stdout", "compile", "stdout", "stdout"],
            id="cargo",
        ),
        pytest.param(
            "warning: x\n --> a.rs:1:2\n  |\n1 | x\n\nwarning: y\n --> a.rs:2:2",
            ["stdout", "compile", "compile", "compile", "stdout", "compile", "compile"],
            id="rustc without cargo is known from its first place on",
        ),
        pytest.param(
            "Test Suite 'All tests' started at x\nprinted\na.swift:1: error: x\nTest Suite 'All tests' failed\nplain",
            ["test"] * 4 + ["stdout"],
            id="what tests print",
        ),
        pytest.param(
            "[INFO] --- compiler:3.1:compile (a) @ b ---\nDownloading from x: y\n[INFO] x\n[INFO] BUILD SUCCESS\nx",
            ["compile", "resolve", "compile", "stdout", "stdout"],
            id="maven downloads inside a goal",
        ),
    ],
)
def test_the_lines_that_belong_to_a_step(text: str, expected: list[str]) -> None:
    assert _steps(text) == expected


@pytest.mark.parametrize(
    ("name", "phase"),
    [
        ("app:compileTestJava", Phase.COMPILE),
        ("testClasses", Phase.COMPILE),
        ("connectedDebugAndroidTest", Phase.TEST),
        ("check", Phase.TEST),
        ("checkDebugAarMetadata", None),
        ("mergeDebugResources", Phase.RESOURCE),
        ("lintVitalRelease", Phase.LINT),
        ("cleanTest", Phase.CLEAN),
        ("javadoc", Phase.DOCS),
        ("maven-install-plugin:3.1.1:install", Phase.INSTALL),
        ("exec-maven-plugin:3.1.0:exec", Phase.SCRIPT),
        ("bundleRelease", Phase.PACKAGE),
    ],
)
def test_what_the_name_of_a_task_says(name: str, phase: Phase | None) -> None:
    assert phase_of_name(name) == phase


def test_a_category_tells_stream_and_phase() -> None:
    for stream in ("stdout", "stderr"):
        for phase in (None, *Phase):
            reported = category(stream, phase)
            assert (stream_of(reported), phase_of(reported)) == (stream, phase)
    assert category("stderr", Phase.COMPILE) == "stderr.compile"
    assert (stream_of("something else"), phase_of("something else")) == ("stdout", None)
