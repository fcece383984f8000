"""Build tools, package managers and the services that run them."""

from __future__ import annotations

from typing import Final

from millstream.output.categories import Phase
from millstream.output.diagnostic import ERROR, INFO, WARNING
from millstream.output.messages.row import Row
from millstream.output.messages.words import FOLDER, INDENTED_OR_BLANK, UNTIL_BLANK

_MAKE: Final = rf"{FOLDER}[\w.-]{{0,40}}make(?:\.exe)?(?:\[\d{{1,9}}\])?: "
_MAVEN: Final = r"(?:\[[\w .:-]{1,40}+\] )?\[INFO\] "

BUILD_TOOL_ROWS: Final = (
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
        first="[",
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
        r"INFO: Build completed, [1-9]\d{0,8} tests? FAILED|(?:FAIL|TIMEOUT|FLAKY): //\S"
        r"|Target //\S{1,400} failed to build",
        ERROR,
        first="IFT",
        errors=("TIMEOUT: //kettle:lid_test (see /w/test.log)", "Target //kettle:lid failed to build"),
        others=("INFO: Build completed successfully, 7 total actions",),
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
        "kubectl",
        r"Error from server",
        ERROR,
        first="E",
        errors=('Error from server (NotFound): pods "lid" not found',),
    ),
    Row(
        "npm, lerna, node-gyp, yarn",
        r"(?:npm|lerna|gyp|node-pre-gyp) (?:(?P<error>ERR!|error) |(?P<warning>WARN|warn) |(?P<note>info|http|verb) )",
        first="nlg",
        errors=("npm ERR! code ELIFECYCLE", "npm error code ENOENT", "gyp ERR! build error"),
        warnings=("npm WARN deprecated foo@1: no longer supported", "npm warn deprecated foo@1: no longer supported"),
        notes=("gyp info it worked if it ends with ok",),
    ),
    Row(
        "yarn",
        r"error (?=Command failed|An unexpected |Couldn't |Found |Received |Your lockfile )|➤ YN(?:0001|0009|0028"
        r"|0035): |➤ YN0000: .{0,4}Failed with errors",
        ERROR,
        first="e➤",
        errors=("error Command failed with exit code 1.", "➤ YN0028: │ The lockfile would have been modified"),
    ),
    Row(
        "yarn",
        r'warning (?=package\.json|"|\S{1,200} > )|➤ YN0002: ',
        WARNING,
        first="w➤",
        warnings=('warning " > foo@1.0" has unmet peer dependency "bar"', "➤ YN0002: │ lid doesn't provide kettle"),
    ),
    Row(
        "pnpm, nx, turbo, vue, nuxt",
        r"(?:(?P<error>ERR_PNPM_\w{1,60}|ELIFECYCLE|ERROR)|(?P<warning>WARN|WARNING)) {2}\S",
        first="EW",
        errors=(
            " ERR_PNPM_NO_IMPORTER_MANIFEST_FOUND  No package.json found",
            " ELIFECYCLE  Command failed with exit code 1.",
            " ERROR  run failed: command  exited (1)",
        ),
        warnings=(" WARN  deprecated lid@1.0.0",),
    ),
    Row(
        "apt, lintian",
        r"(?:(?P<error>E)|(?P<warning>W)|(?P<note>[NI])): (?=[A-Z][A-Za-z]|[a-z][\w.+-]{1,60}: |The )",
        first="EWNI",
        errors=("E: Unable to locate package lid", "E: kettle: no-copyright-file"),
        warnings=("W: GPG error: http://x InRelease: x",),
        notes=("N: Unable to find an error",),
    ),
    Row(
        "pip",
        r"DEPRECATION: ",
        WARNING,
        first="D",
        warnings=("DEPRECATION: Python 2.7 reached the end of its life",),
    ),
    Row(
        "pip, uv, oxlint, biome",
        r"× (?!.{0,1000}(?:failed after| recorded an issue| passed after))\S",
        ERROR,
        first="×",
        errors=(
            "  × No solution found when resolving dependencies:",
            "× python setup.py egg_info did not run successfully.",
        ),
    ),
    Row(
        "cocoapods, rollup, fastlane",
        r"\[!\] (?:(?P<error>Error\b|\(|CocoaPods could not|Unable to |Invalid |.{1,200}? (?:could not|failed"
        r"|not found))|(?P<warning>\S))",
        first="[",
        errors=(
            '[!] CocoaPods could not find compatible versions for pod "Lid":',
            "[!] Error: Could not resolve entry module",
        ),
        warnings=("[!] The `Lid` target overrides the `X` build setting", "[!] Xcode - develop for iOS and macOS"),
    ),
    Row("rollup", r"\(!\) \S", WARNING, first="(", warnings=("(!) Unresolved dependencies",)),
    Row(
        "rake, bundler, gem, composer",
        r"rake aborted!|bundler: failed to load command|Bundler could not find|Could not find gem "
        r"|An error occurred while installing "
        r"|Your requirements could not be resolved|Script .{1,200}? returned with error code ",
        ERROR,
        first="rbBCAYS",
        errors=("rake aborted!", "Script phpunit handling the test event returned with error code 1"),
    ),
    Row(
        "go",
        r"go: (?:errors parsing |(?!downloading |finding |extracting |warning)\S.{0,300}?(?:cannot find"
        r"|no required module|not found|unknown revision"
        r"|invalid version|malformed|requires go|missing go\.sum|no such file|updates to go\.mod needed))"
        r"|package \S{1,200} is not in (?:std|GOROOT)",
        ERROR,
        first="gp",
        errors=(
            "go: errors parsing go.mod:",
            "go: kettle@v1: unknown revision v1",
            "package lid is not in std (/usr/go/src/lid)",
        ),
        others=("go: downloading kettle.org/not/found v1.2.3",),
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
        r"(?:(?P<error>ERROR|CRITICAL)|(?P<warning>WARNING|WARN)|(?P<note>INFO)) {1,5}- {1,2}\S",
        first="EWCI",
        errors=("ERROR    -  Config value 'nav': x",),
        warnings=("WARNING -  Doc file contains a link",),
        notes=("INFO    -  error.md",),
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
        r"|Unrecognized VM option",
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
)
