"""Build tools and the services that run them. A long table, in one place."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.lines.diagnostic import ERROR, INFO, WARNING
from millstream.output.messages.row import Row
from millstream.output.messages.words import FOLDER, INDENTED_OR_BLANK, UNTIL_BLANK

_MAKE: Final = rf"{FOLDER}[\w.-]{{0,40}}make(?:\.exe)?(?:\[\d{{1,9}}\])?: "
_MAVEN: Final = r"(?:\[[\w .:-]{1,40}+\] )?\[INFO\] "

BUILD_TOOL_ROWS: Final = (
    Row(
        "make",
        r"[gbn]?make(?:\[\d{1,9}\])?: (?:Entering|Leaving) directory ",
        INFO,
        first="gbnm",
        notes=("make[1]: Entering directory '/w/error: x'",),
    ),
    Row(
        "make",
        rf"{_MAKE}(?:\*\*\* )?\[.{{1,1000}}\(ignored\)\Z|{_MAKE}Circular ",
        WARNING,
        holds="make",
        warnings=("make: [Makefile:3: clean] Error 1 (ignored)", "make: Circular a <- b dependency dropped."),
    ),
    Row(
        "make",
        rf"{_MAKE}\*\*\* |[^\s:]{{1,400}}:\d{{1,9}}: \*\*\* |scons: \*\*\* |[\w.-]{{1,40}}: \*\*\* \[",
        ERROR,
        holds="***",
        errors=(
            "make: *** [Makefile:3: all] Error 1",
            "gmake[2]: *** [CMakeFiles/b.dir/build.make:98: b] Error 1",
            "Makefile:3: *** missing separator.  Stop.",
            "scons: *** [foo.o] Error 1",
            "make: *** No rule to make target 'lid', needed by 'all'.  Stop.",
            "mingw32-make.exe: *** [all] Error 2",
        ),
    ),
    Row(
        "make",
        r"\*\*\* (?:\[|Error \d|Error code |Signal \d|missing )",
        ERROR,
        first="*",
        errors=("*** Error code 1", "*** [lid.o] Error 1"),
        others=("*** No errors detected", "************* Module kettle.lid", "*** Kettle 1.0 ***"),
    ),
    Row(
        "scons",
        r"scons: building terminated because of errors",
        ERROR,
        first="s",
        errors=("scons: building terminated because of errors.",),
        others=("scons: done building targets.",),
    ),
    Row(
        "CMake",
        r"CMake (?:Internal )?Error",
        ERROR,
        first="C",
        phase=Phase.CONFIGURE,
        follow=INDENTED_OR_BLANK,
        errors=("CMake Error at CMakeLists.txt:3 (message):", "CMake Error: The source directory does not exist"),
    ),
    Row(
        "CMake",
        r"CMake (?:Deprecation |Internal )?Warning",
        WARNING,
        first="C",
        phase=Phase.CONFIGURE,
        follow=INDENTED_OR_BLANK,
        warnings=("CMake Warning (dev) in CMakeLists.txt:", "CMake Deprecation Warning at CMakeLists.txt:1 (x):"),
    ),
    Row(
        "ninja, bazel",
        r"FAILED: (?:\[code=\d{1,9}\] )?\S",
        ERROR,
        first="F",
        errors=("FAILED: obj/a.o", "FAILED: Build did NOT complete successfully"),
    ),
    Row("ninja", r"ninja: build stopped", ERROR, first="n", errors=("ninja: build stopped: subcommand failed.",)),
    Row(
        "gn",
        r"ERROR at //\S",
        ERROR,
        first="E",
        phase=Phase.CONFIGURE,
        errors=("ERROR at //kettle/BUILD.gn:3:5: Unknown function.",),
    ),
    Row("bjam", r"\.\.\.failed \S", ERROR, first=".", errors=("...failed gcc.compile.c++ bin/lid.o...",)),
    Row(
        "waf",
        r"-> task in '.{1,200}' failed|The configuration failed\Z",
        ERROR,
        first="-T",
        errors=(" -> task in 'lid' failed with exit status 1 (run with -v to display more information)",),
    ),
    Row(
        "gradle",
        r"FAILURE: |A problem (?:occurred|was found) |Lint found errors in the project",
        ERROR,
        first="FAL",
        errors=("FAILURE: Build failed with an exception.", "A problem occurred evaluating root project 'kettle'."),
    ),
    Row(
        "gradle",
        r"\* What went wrong:",
        ERROR,
        first="*",
        follow=UNTIL_BLANK,
        errors=("* What went wrong:",),
    ),
    Row(
        "gradle",
        r"Execution failed for task ",
        ERROR,
        first="E",
        errors=("Execution failed for task ':app:compileJava'.",),
    ),
    Row(
        "gradle",
        r"(?:(?:> Task )?:\S{1,400} )?FAILED\Z",
        ERROR,
        holds="FAILED",
        errors=("> Task :app:compileJava FAILED", ":app:compileJava FAILED", " FAILED"),
        others=("> Task :app:compileJava UP-TO-DATE",),
    ),
    Row(
        "gradle, ant, MSBuild, waf, buck",
        r"BUILD FAIL(?:ED|URE)\b|[Bb]uild (?:FAILED|failed)\b|Action failed: |Command failed: "
        r"|Command failed with exit code ",
        ERROR,
        first="BbAC",
        errors=("BUILD FAILED in 2s", "BUILD FAILED", "Build FAILED.", "Build failed with 1 error(s) in 1.2s"),
        others=("BUILD SUCCESSFUL in 2s",),
    ),
    Row(
        "dotnet",
        r"[\w. -]{1,100}? failed with [1-9]\d{0,8} error",
        ERROR,
        holds="ailed",
        errors=("  Kettle net8.0 failed with 2 error(s) (0.1s)",),
        others=("  Kettle net8.0 failed with 0 error(s)",),
    ),
    Row(".NET", r"Unhandled [Ee]xception[.:] ", ERROR, first="U", errors=("Unhandled exception. System.Exception: x",)),
    Row(
        "maven",
        rf"{_MAVEN}(?:BUILD FAILURE|.{{1,200}}? FAILURE \[)",
        ERROR,
        holds="FAILURE",
        errors=("[INFO] BUILD FAILURE", "[INFO] kettle-core ........................ FAILURE [  1.2 s]"),
        others=("[INFO] kettle-core ........................ SUCCESS [  1.2 s]",),
    ),
    Row(
        "bazel",
        r"//\S{1,400} {1,200}(?:(?P<error>FAILED|TIMEOUT|NO STATUS)|(?P<warning>FLAKY)|(?P<note>\(cached\)|PASSED))\b",
        first="/",
        phase=Phase.TEST,
        errors=(
            "//kettle:lid_test                              TIMEOUT in 60.0s",
            "//kettle:lid_test                              FAILED in 3 out of 3 in 1.2s",
            "//kettle:lid_test                              FAILED TO BUILD",
        ),
        warnings=("//kettle:lid_test                           FLAKY, failed in 1 out of 2 in 1.2s",),
        notes=("//kettle:error_test                            PASSED in 1.2s",),
    ),
    Row(
        "bazel",
        r"INFO: Build completed, [1-9]\d{0,8} tests? FAILED|(?:FAIL|TIMEOUT): //\S"
        r"|Executed \d{1,9} out of \d{1,9} tests?: .{0,200}?[1-9]\d{0,8} fails?\b"
        r"|Target //\S{1,400} failed to build",
        ERROR,
        first="IFTE",
        errors=(
            "Executed 3 out of 3 tests: 2 tests pass and 1 fails locally.",
            "TIMEOUT: //kettle:lid_test (see /w/test.log)",
            "Target //kettle:lid failed to build",
        ),
        others=("INFO: Build completed successfully, 7 total actions",),
    ),
    Row(
        "bazel",
        r"FLAKY: //\S",
        WARNING,
        first="F",
        phase=Phase.TEST,
        warnings=("FLAKY: //kettle:lid_test (Summary)",),
    ),
    Row(
        "docker",
        r"(?:#\d{1,4} )?(?:ERROR:? (?:\[|executing|process)|CANCELED\Z)|=> ERROR |executor failed running"
        r"|The command '.{1,2000}' returned a non-zero code|(?:docker: )?Error response from daemon: ",
        ERROR,
        first="#E=eTd",
        errors=(
            '#12 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2',
            " => ERROR [3/9] RUN make",
            "docker: Error response from daemon: no such image",
            "The command '/bin/sh -c make' returned a non-zero code: 2",
        ),
        others=("#12 [3/9] RUN make",),
    ),
    Row(
        "ansible",
        r"failed: \[|ERROR! ",
        ERROR,
        first="fE",
        errors=("ERROR! the role 'lid' was not found", "failed: [kettle] (item=lid) => {}"),
    ),
    Row(
        "ansible",
        r"[\w.-]{1,100} {1,60}: ok=\d{1,9} {1,9}changed=\d{1,9} {1,9}(?:unreachable=[1-9]"
        r"|unreachable=0 {1,9}failed=[1-9])",
        ERROR,
        holds=": ok=",
        errors=("kettle : ok=3    changed=1    unreachable=0    failed=1",),
        others=("kettle : ok=3    changed=1    unreachable=0    failed=0",),
    ),
    Row(
        "kubectl, docker",
        r"Error from server|The \w{1,60} \".{1,200}\" is invalid: |Cannot connect to the Docker daemon",
        ERROR,
        first="ETC",
        errors=(
            'Error from server (NotFound): pods "lid" not found',
            'The Deployment "lid" is invalid: spec.template: x',
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        ),
    ),
    Row(
        "mill, tox, dub",
        r"(?:\d{1,9} (?:targets?|tasks?) failed|[\w.-]{1,60}: (?:commands failed|FAIL code \d)"
        r"|ERROR: {1,4}[\w.-]{1,60}: commands failed)",
        ERROR,
        holds="ailed",
        errors=("1 targets failed", "  py311: commands failed"),
    ),
    Row(
        "dub",
        r"Error \S{1,100} failed with exit code ",
        ERROR,
        first="E",
        errors=("Error dmd failed with exit code 1.",),
    ),
    Row("sphinx", r"Warning, treated as error:", ERROR, first="W", errors=("Warning, treated as error:",)),
    Row(
        "mkdocs, biber",
        r"(?:(?P<error>ERROR|CRITICAL|Error)|(?P<warning>(?i:warn(?:ing)?))|(?P<note>INFO|Info)) {1,5}- {1,2}\S",
        first="EWCI",
        errors=("ERROR    -  Config value 'nav': x", "Error - Generation failed"),
        warnings=("WARNING -  Doc file contains a link", "Warn - Code generation for 'Lid' skipped"),
        notes=("INFO    -  error.md", "Info - Starting code generation for 'error'"),
    ),
    Row(
        "log4j",
        r"log4j:(?:(?P<error>ERROR)|(?P<warning>WARN)) ",
        first="l",
        errors=("log4j:ERROR setFile(null,true) call failed.",),
        warnings=("log4j:WARN No appenders could be found",),
    ),
    Row(
        "the JVM",
        r"# A fatal error has been detected by the Java|Error occurred during initialization of VM"
        r"|Unrecognized VM option|Unable to locate a Java Runtime",
        ERROR,
        first="#EU",
        errors=("Error occurred during initialization of VM",),
    ),
    Row(
        "rpm, R CMD check, aapt2",
        r"RPM build errors:|Status: [1-9]\d{0,8} ERROR|\* checking .{1,400} ERROR\Z|AAPT2 error: "
        r"|AGPBI: \{\"kind\":\"error\"|SignTool Error: ",
        ERROR,
        first="RS*A",
        errors=("RPM build errors:", "AAPT2 error: check logs for details", 'AGPBI: {"kind":"error","text":"x"}'),
        others=('AGPBI: {"kind":"simple","text":"x"}', "* checking for error ... OK"),
    ),
    Row(
        "R CMD check, aapt2",
        r"\* checking .{1,400} WARNING\Z|AGPBI: \{\"kind\":\"warning\"",
        WARNING,
        first="*A",
        warnings=("* checking Rd files ... WARNING",),
    ),
    Row(
        "pre-commit",
        r"\S.{0,200}?\.{3,200}(?:\(.{1,60}\))?Failed\Z",
        ERROR,
        holds="ailed",
        phase=Phase.LINT,
        errors=("black....................................................................Failed",),
    ),
    Row(
        "flutter, gradle's Android",
        r"Target \S{1,200} failed: ",
        ERROR,
        first="T",
        errors=("Target kernel_snapshot failed: Exception",),
    ),
    Row(
        "cargo",
        r"Caused by:\Z",
        INFO,
        first="C",
        notes=("Caused by:",),
    ),
    Row(
        "make",
        rf"{_MAKE}Target .{{1,1000}} not remade because of errors"
        rf"|[^\s:]{{1,400}}:\d{{1,9}}: recipe for target '.{{1,1000}}'"
        r" failed\Z",
        ERROR,
        holds=("not remade", "recipe for target"),
        errors=("make: Target 'all' not remade because of errors.", "Makefile:3: recipe for target 'all' failed"),
    ),
    Row(
        "make that finds no command",
        rf"{_MAKE}(?:execvp: )?\S{{1,400}}: (?:No such file or directory|Permission denied|[Cc]ommand not found)\Z",
        ERROR,
        holds=("No such file", "Permission denied", "ommand not found"),
        errors=("make: lid: No such file or directory", "make[1]: execvp: ./lid.sh: Permission denied"),
        others=("make: 'error' is up to date.",),
    ),
    Row(
        "CMake",
        r"-- Configuring incomplete, errors occurred",
        ERROR,
        first="-",
        phase=Phase.CONFIGURE,
        errors=("-- Configuring incomplete, errors occurred!",),
        others=("-- Configuring done", "-- Performing Test HAVE_WERROR - Failed"),
    ),
    Row(
        "autotools, qmake",
        r"(?:autoreconf|aclocal|automake|autoconf|autoheader|libtoolize|qmake): .{0,300}?(?:failed with |could not )",
        ERROR,
        first="alq",
        phase=Phase.CONFIGURE,
        errors=("autoreconf: aclocal failed with exit status: 1", "qmake: could not exec '/usr/lib/qt5/bin/qmake'"),
        others=("autoreconf: running: aclocal --force",),
    ),
    Row(
        "MSBuild, Visual Studio",
        r"Done building (?:project|target) .{1,1000} -- FAILED\."
        r"|={5,20} (?:Rebuild All|Build|Deploy|Clean): .{0,60}?[1-9]\d{0,8} failed",
        ERROR,
        first="D=",
        errors=(
            'Done building project "Kettle.csproj" -- FAILED.',
            "========== Rebuild All: 1 succeeded, 1 failed, 0 skipped ==========",
        ),
        others=("========== Build: 2 succeeded, 0 failed, 1 up-to-date, 0 skipped ==========",),
    ),
    Row(
        "maven's enforcer",
        r"Failed while enforcing |Dependency convergence error for |Require upper bound dependencies error for ",
        ERROR,
        first="FDR",
        phase=Phase.RESOLVE,
        errors=(
            "Failed while enforcing RequireUpperBoundDeps. The error(s) are [",
            "Dependency convergence error for a:b",
        ),
    ),
    Row(
        "gradle",
        r"> Could not \S|Could not (?:resolve all |find method |get unknown property |compile (?:build|settings) "
        r"|determine the dependencies )"
        r"|Gradle task \S{1,100} failed with exit code |There were failing tests",
        ERROR,
        first=">CGT",
        errors=(
            "> Could not resolve all files for configuration ':app:debugCompileClasspath'.",
            "> Could not find org.kettle:lid:1.0.",
            "Could not determine the dependencies of task ':app:lid'.",
            "Gradle task assembleDebug failed with exit code 1",
            "There were failing tests. See the report at: file:///w/index.html",
        ),
        others=("Could not find an older cache: starting afresh",),
    ),
    Row(
        "docker",
        r"- [A-Z][A-Za-z]{3,40}: .{1,1000} \(line \d{1,9}\)\Z",
        WARNING,
        first="-",
        phase=Phase.LINT,
        warnings=(" - FromAsCasing: 'as' and 'FROM' keywords' casing do not match (line 1)",),
    ),
    Row(
        "docker compose",
        r"failed to solve: ",
        ERROR,
        first="f",
        errors=('failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2',),
    ),
    Row(
        "cabal, stack, rebar",
        r"cabal: (?:Failed|Could not|Cannot) |-- {2}While building "
        r"|===> (?:Failed |Error|Unable |Could not |.{1,300} failed\Z)",
        ERROR,
        first="c-=",
        errors=("cabal: Failed to build kettle-0.1.", "===> Compiling src/lid.erl failed", "===> Failed to boot"),
        others=("===> Compiling error_handler", "cabal: Downloading error-0.1"),
    ),
)
