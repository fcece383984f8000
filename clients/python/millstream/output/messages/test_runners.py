"""Test runners: each failure, and a summary that has failures."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.lines.diagnostic import ERROR, INFO, WARNING
from millstream.output.messages.row import Row, failed_test
from millstream.output.messages.words import SOME, TABBED

_PYTHON_TEST: Final = r"\S{1,400}?(?:\.py|::)"


TEST_RUNNER_ROWS: Final = (
    # XCTest, swift-testing
    failed_test(
        "XCTest",
        r"Test (?:[Cc]ase|[Ss]uite) '.{1,1000}?' failed ",
        "Test Case '-[AppTests testA]' failed (0.1 seconds).",
        "Test Suite 'AppTests' failed at 2025-02-17 08:27:32.497.",
        "Test case 'KettleTests.testBoil()' failed on 'Clone 1 of iPhone 17 Pro - Kettle (96789)' (0.474 seconds)",
        first="T",
        others=("Test case 'A.testFailed()' passed on 'iPhone' (0.1 seconds)",),
    ),
    failed_test(
        "XCTest",
        r"Restarting after unexpected exit",
        "Restarting after unexpected exit, crash, or test timeout in LidTests.testLid(); summary will include totals",
        first="R",
    ),
    failed_test(
        "XCTest",
        rf"Executed \d{{1,9}} tests?, with (?:\d{{1,9}} tests? skipped and )?{SOME} fail",
        "\t Executed 2 tests, with 1 failure (0 unexpected) in 0.1 (0.1) seconds",
        first="E",
        others=("         Executed 0 tests, with 0 failures (0 unexpected) in 0.0 (0.0) seconds",),
    ),
    failed_test(
        "XCTest",
        r"t = {1,8}\d[\d.]{0,9}s {1,12}Assertion Failure: ",
        "    t =     3.21s Assertion Failure: a.swift:12: x",
        first="t",
    ),
    Row(
        "xcodebuild",
        r"(?:Testing failed|Failing tests):|Testing failed on '",
        ERROR,
        first="TF",
        phase=Phase.TEST,
        follow=TABBED,
        errors=("Failing tests:", "Testing failed on 'iPhone 15'"),
    ),
    failed_test(
        "swift-testing",
        r". .{0,1000}?(?: failed after | recorded an issue)",
        "✘ Test a() failed after 0.064 seconds with 1 issue.",
        "✘ Test a() recorded an issue at A.swift:120:6: Caught error",
        first="✘×\U00100884",
        others=("✘ Test a() passed after 0.1 seconds with 1 known issue.",),
    ),
    # go
    failed_test(
        "go", r"--- FAIL: |=== FAIL: ", "--- FAIL: TestX (0.00s)", "    --- FAIL: TestX/sub (0.00s)", first="-="
    ),
    failed_test(
        "ginkgo, gotestsum",
        rf"(?:• )?\[FAIL(?:ED)?\]|FAIL! -- |DONE \d{{1,9}} tests?, (?:\d{{1,9}} skipped, )?{SOME} (?:failure|error)"
        rf"|Test Suite Failed",
        "[FAIL] Kettle boils",
        "FAIL! -- 1 Passed | 1 Failed | 0 Pending",
        "DONE 3 tests, 1 failure in 1.2s",
        first="•[FDT",
    ),
    # python
    failed_test(
        "pytest",
        rf"(?:FAILED|ERROR) (?:collecting |{_PYTHON_TEST})",
        "FAILED tests/test_a.py::test_b - assert 1 == 2",
        "ERROR tests/test_a.py::test_b - ValueError: no",
        first="FE",
    ),
    failed_test(
        "xdist",
        r"\[gw\d{1,4}\] \[ {0,2}\d{1,3}%\] (?:FAILED|ERROR) ",
        "[gw0] [ 33%] FAILED tests/test_lid.py::test_boil",
        first="[",
        others=("[gw0] [ 33%] PASSED tests/test_lid.py::test_error",),
    ),
    failed_test("pytest", r"E {3,40}\S", "E       assert 1 == 2", first="E"),
    failed_test("pytest", r"INTERNALERROR> |!{3,60} (?:Interrupted|_pytest)", "INTERNALERROR> x", first="I!"),
    failed_test(
        "pytest",
        r"={3,200}+ (?:\d{1,9} [a-z]{1,12}, ){0,8}\d{1,9} (?:failed|errors?)[, ]",
        "=========== 1 failed, 2 passed, 1 warning in 0.57s ===========",
        first="=",
        others=("=========== 3 passed, 2 warnings in 0.57s ===========",),
    ),
    failed_test(
        "pytest",
        r"(?:\d{1,9} [a-z]{1,12}, ){0,8}\d{1,9} (?:failed|errors?)(?:, .{1,200})? in \d[\d.]{0,9}s",
        "1 failed, 2 passed in 0.57s",
        first="0123456789",
        others=("3 passed in 0.57s",),
    ),
    Row(
        "pytest",
        r"\S{1,400}?(?:\.py|::).{0,400}? (?:FAILED|ERROR)(?: {1,200}\[ {0,3}\d{1,3}%\])?\Z",
        ERROR,
        holds=("FAILED", "ERROR"),
        errors=("tests/test_a.py::test_b FAILED                       [ 66%]",),
        others=("tests/test_error.py::test_b PASSED                  [ 66%]",),
    ),
    failed_test(
        "pytest",
        r"\S{1,400}\.py:\d{1,9}: \w{0,60}(?:Error|Exception|Failed|Failure)\Z",
        "tests/test_a.py:12: AssertionError",
        holds=".py:",
    ),
    failed_test("unittest", r"FAILED \((?:failures|errors|unexpected)=?", "FAILED (failures=1)", first="F"),
    failed_test(
        "unittest",
        r"\w{1,200} \([\w.]{1,400}\) \.\.\. (?:FAIL|ERROR)\Z",
        "test_boil (tests.Kettle.test_boil) ... FAIL",
        holds=" ... ",
        others=("test_error (tests.Kettle.test_error) ... ok",),
    ),
    # cargo
    failed_test(
        "cargo",
        r"test \S{1,400} (?:- .{1,200}? )?\.\.\. FAILED|test result: FAILED",
        "test a::b ... FAILED",
        "test result: FAILED. 1 passed; 1 failed",
        first="t",
        others=("test error::failed ... ok", "test result: ok. 3 passed; 0 failed"),
    ),
    failed_test(
        "nextest",
        rf"(?:FAIL|SIGABRT|SIGSEGV|TIMEOUT|ABORT) \[ {{0,8}}\d[\d.]{{0,9}}s\] "
        rf"|Summary \[.{{1,20}}\] .{{0,100}}? {SOME} (?:failed|timed out)",
        "        FAIL [   0.005s] kettle tests::boil",
        "     Summary [   0.1s] 3 tests run: 2 passed, 1 failed, 0 skipped",
        first="FSTA",
        others=("     Summary [   0.1s] 3 tests run: 3 passed, 0 failed, 0 skipped",),
    ),
    Row(
        "eslint, stylelint",
        r"✖ \d{1,9} problems? \(0 errors, ",
        WARNING,
        first="✖",
        phase=Phase.LINT,
        warnings=("✖ 2 problems (0 errors, 2 warnings)",),
    ),
    # jest and others of JavaScript
    failed_test(
        "jest, vitest, go, PHPUnit",
        r"FAIL(?:: |\t|\Z)|FAIL  ?\S{1,400}[./\\]|FAILURES!|ERRORS!",
        "FAIL\texample.com/foo\t0.01s",
        "FAIL",
        "FAIL src/lid.test.js",
        " FAIL  src/lid.test.ts > boils",
        "FAIL: test_a (tests.Kettle)",
        "   FAIL  Tests\\LidTest",
        "FAILURES!",
        first="FE",
    ),
    failed_test(
        "jest, vitest",
        rf"(?:Tests|Test Suites|Test Files|Snapshots):? {{1,9}}(?:\d{{1,9}} \w{{1,9}},? (?:"
        rf"\| )?){{0,4}}?{SOME} failed",
        "Tests:       1 failed, 2 passed, 3 total",
        "      Tests  1 failed | 3 passed (4)",
        first="TS",
        others=("Tests:       2 passed, 2 total",),
    ),
    failed_test(
        "jest", r"● (?!Console\b|Deprecation|Validation)\S", "  ● Kettle › boils", first="●", others=("  ● Console",)
    ),
    failed_test(
        "jest, vitest, mocha, ava, playwright, xcpretty",
        r"[✕✗✘✖⨯❌] {1,4}(?!0 |.{0,1000} (?:passed after|failed after) )\S",
        "  ✕ boils (3 ms)",
        "    ✖ testBoil, failed - no water",
        "    ✗ testBoil, no water",
        "✖ 3 problems (1 error, 2 warnings)",
        "  ✘  1 [chromium] › lid.spec.ts:3:1 › boils",
        "❌ /w/Kettle/Lid.swift:7:9: cannot find 'x' in scope",
        "✗ Build failed in 1.2s",
        first="✕✗✘✖⨯❌",
        others=("✖ 0 problems",),
    ),
    failed_test(
        "vitest, mocha, bun, deno, playwright",
        rf"❯ \S{{1,400}} \(.{{0,60}}?{SOME} failed|⎯{{3,60}} Failed |{SOME} (?:failing|fail|failed)\Z|\(fail\) "
        rf"|FAILED \| ",
        " ❯ src/lid.test.ts (2 tests | 1 failed)",
        "  1 failing",
        " 1 fail",
        "(fail) boils [1.00ms]",
        "FAILED | 1 passed | 1 failed (3ms)",
        first="❯⎯123456789(F",
        others=(" 0 fail", "  2 passing (10ms)"),
    ),
    failed_test(
        "karma",
        rf"Executed \d{{1,9}} of \d{{1,9}} .{{0,60}}?\({SOME} FAILED\)",
        "Executed 3 of 3 (1 FAILED) (0.1 secs / 0.05 secs)",
        first="E",
        others=("Executed 3 of 3 SUCCESS (0.1 secs / 0.05 secs)",),
    ),
    failed_test(
        "karma",
        r"(?:Headless)?(?:Chrome|Firefox|Safari|Edge|PhantomJS"
        r"|jsdom)(?: Headless)? [\d.]{1,20} \(.{1,60}\) .{1,1000} FAILED\Z",
        "Chrome Headless 120.0.0.0 (Linux 0.0.0) Lid boils FAILED",
        first="HCFSEPj",
        others=("Chrome Headless 120.0.0.0 (Linux 0.0.0): Executed 3 of 3 SUCCESS",),
    ),
    failed_test(
        "TAP",
        r"not ok \d{1,9}\b(?!.{0,1000}# (?:TODO|SKIP|todo|skip))|# (?:fail|FAIL:|ERROR:) {1,4}[1-9]",
        "not ok 3 - x",
        "# fail 1",
        "# FAIL:  1",
        first="n#",
        others=("not ok 3 - x # TODO later", "# fail 0", "# ERROR: 0"),
    ),
    # summaries with their counts
    failed_test(
        "rspec, minitest, ExUnit, hspec, behave, cucumber",
        rf"\d{{1,9}} (?:examples?|runs|tests?|features? passed|scenarios?|doctests?|properties"
        rf"|specs?)[, (].{{0,100}}?\b{SOME} (?:failures?|errors?|failed)\b",
        "3 examples, 1 failure",
        "1 runs, 1 assertions, 1 failures, 0 errors, 0 skips",
        "3 tests completed, 1 failed",
        "3 tests, 1 failure",
        "1 test, 1 failure",
        "3 scenarios (1 failed, 2 passed)",
        first="0123456789",
        others=("3 examples, 0 failures", "1 runs, 1 assertions, 0 failures, 0 errors, 0 skips"),
    ),
    failed_test(
        "rspec", r"rspec \S{1,400}(?::\d{1,9}|\[[\d:]{1,40}\]) # ", "rspec ./spec/lid_spec.rb:3 # Lid closes", first="r"
    ),
    failed_test(
        "minitest, PHPUnit, ExUnit",
        r"\d{1,9}\) (?:(?:Failure|Error):\Z|[\w\\]{1,200}::\w|(?:test|doctest|property) .{1,400} \([\w.]{1,200}\)\Z)"
        r"|Failed asserting that ",
        "  1) Failure:",
        "1) Kettle\\LidTest::testBoil",
        "  1) test boils (LidTest)",
        "Failed asserting that 1 matches expected 2.",
        first="123456789F",
    ),
    failed_test(
        "JUnit, PHPUnit, TestNG",
        rf"Tests(?: run)?: \d{{1,9}}, .{{0,60}}?(?:Failures|Errors): {SOME}"
        rf"|Total tests run: .{{0,60}}?Failures: {SOME}",
        "Tests run: 3, Failures: 1, Errors: 0, Skipped: 0",
        "    [junit] Tests run: 3, Failures: 0, Errors: 2, Time elapsed: 0.1 sec",
        "Tests: 3, Assertions: 3, Failures: 1.",
        first="T",
        others=(
            "Tests run: 3, Failures: 0, Errors: 0, Skipped: 0",
            "[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0",
        ),
    ),
    failed_test(
        "JUnit",
        r"Test \S{1,400} FAILED\Z|There (?:was|were) \d{1,9} (?:failure|error)",
        "    [junit] Test org.LidTest FAILED",
        "There was 1 failure:",
        first="T",
    ),
    failed_test(
        "NUnit, xUnit, MSTest",
        r"Failed!  - Failed: |Test Run Failed\.|Overall result: Failed|\[xUnit\.net .{1,400} \[FAIL\]\Z"
        r"|Failed \S{1,400} \[[<\d]",
        "Failed!  - Failed:     1, Passed:     2, Skipped:     0, Total:     3",
        "Test Run Failed.",
        "  Failed Lid.Closes [12 ms]",
        "[xUnit.net 00:00:01.23]     Kettle.Lid.Closes [FAIL]",
        first="FTO[",
        others=("Passed!  - Failed:     0, Passed:     2",),
    ),
    Row("gradle", r"\S.{0,400}? > .{1,400} FAILED\Z", ERROR, holds="FAILED", errors=("FooTest > bar FAILED",)),
    failed_test(
        "scalatest, sbt",
        r"\S.{0,1000} \*\*\* FAILED \*\*\*",
        "- should boil *** FAILED ***",
        holds="FAILED",
    ),
    failed_test(
        "scalatest, sbt",
        rf"\*\*\* (?:{SOME} TESTS? FAILED|\d{{1,9}} SUITES? ABORTED) \*\*\*",
        "*** 1 TEST FAILED ***",
        "*** 1 SUITE ABORTED ***",
        first="*",
    ),
    failed_test(
        "robot",
        r".{1,400}?\| FAIL \|",
        "Lid closes                                            | FAIL |",
        holds="FAIL",
    ),
    failed_test(
        "surefire",
        r".{1,1000} <<< (?:FAILURE|ERROR)!",
        "boil(LidTest)  Time elapsed: 0.1 sec  <<< ERROR!",
        "LidTest.boil -- Time elapsed: 0.1 s <<< FAILURE!",
        holds="<<< ",
    ),
    failed_test(
        "surefire",
        r"(?:Failed tests|Tests in error):(?! {0,8}(?:0|none)\b)",
        "Failed tests:   boil(LidTest): no water",
        "Tests in error: ",
        first="FT",
        others=("Failed tests: 0",),
    ),
    # others
    failed_test(
        "dart, flutter",
        r"\d\d:\d\d \+\d{1,9}(?: ~\d{1,9})? -\d{1,9}: .{0,1000}?(?: \[E\]\Z|Some tests failed\.)|Some tests failed\.\Z",
        "00:01 +2 -1: lid_test.dart: closes [E]",
        "00:01 +2 -1: Some tests failed.",
        "Some tests failed.",
        first="0123456789S",
        others=("00:01 +3: All tests passed!",),
    ),
    failed_test(
        "julia",
        r"(?:Test Failed|Error During Test) at \S|Some tests did not pass: ",
        "Test Failed at /w/test/runtests.jl:3",
        first="TES",
    ),
    Row(
        "swift-testing",
        r".\ufe0e? ",
        WARNING,
        first="⚠\U001001ff",
        warnings=("⚠ Test a() recorded a warning",),
    ),
    Row(
        "xcbeautify, xcpretty, next.js, stylelint",
        r"⚠\ufe0f {1,4}\S",
        WARNING,
        first="⚠",
        warnings=("⚠️  /w/Lid.swift:3:5: unused variable 'x'", "⚠️ ld: ignoring duplicate libraries"),
    ),
    Row(
        "all runners, where all is well",
        r"[✔✓√◇] ",
        INFO,
        first="✔✓√◇",
        notes=("✔ Test error_failed() passed after 1.198 seconds.", "  ✓ error: shows (3 ms)"),
    ),
)
