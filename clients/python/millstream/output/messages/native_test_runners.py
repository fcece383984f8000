"""Test runners of C, C++ and what is built with them: each failure, and a summary that has failures."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.lines.diagnostic import ERROR
from millstream.output.messages.row import Row, failed_test
from millstream.output.messages.words import SOME, TABBED

NATIVE_TEST_RUNNER_ROWS: Final = (
    # gtest, Catch2, doctest, Boost
    Row(
        "gtest",
        r"\[ {2}(?:(?P<error>FAILED|FATAL|TIMEOUT|CRASHED|ERROR)|(?P<note>PASSED|SKIPPED)) {1,3}\] ",
        first="[",
        phase=Phase.TEST,
        errors=("[  FAILED  ] Lid.Closes (3 ms)", "[  FAILED  ] 1 test, listed below:"),
        notes=("[  PASSED  ] 3 tests.",),
    ),
    failed_test(
        "gtest, Catch2, CppUTest, check",
        rf"unknown file: (?:Failure|error)\Z|C\+\+ exception with description |Errors \({SOME} failure"
        rf"|\d{{1,3}}%: Checks: \d{{1,9}}, (?:Failures: {SOME}|Failures: 0, Errors: {SOME})"
        r"|Failed \d{1,9} test cases?, failed ",
        "unknown file: Failure",
        'C++ exception with description "no water" thrown in the test body.',
        "Errors (1 failures, 3 tests, 3 ran, 3 checks, 0 ignored, 0 filtered out, 3 ms)",
        "66%: Checks: 3, Failures: 1, Errors: 0",
        "Failed 1 test case, failed 2 assertions.",
        first="uCEF0123456789",
        others=("100%: Checks: 3, Failures: 0, Errors: 0",),
    ),
    failed_test(
        "Catch2, compact",
        r"[^\s:\"]{1,400}(?::\d{1,9}|\(\d{1,9}\)): failed(?:: |\Z)",
        "lid.cpp:12: failed: x == 1 for: 2 == 1",
        holds=": failed",
        others=("lid.cpp:12: passed: x == 1 for: 1 == 1",),
    ),
    failed_test("gtest", rf"{SOME} FAILED TESTS?\Z", " 1 FAILED TEST", first="123456789"),
    failed_test(
        "gtest, Catch2",
        r"(?:[^\s:\"]{1,400}:\d{1,9}|[^\s:\"]{1,400}\(\d{1,9}\)): (?:Failure|FAILED:?)\Z",
        "/w/lid_test.cc:12: Failure",
        "lid_test.cpp:12: FAILED:",
        holds=(": Failure", ": FAILED"),
    ),
    failed_test(
        "Catch2, doctest",
        rf"(?:\[doctest\] )?(?:test cases|assertions): {{1,9}}\d{{1,9}} \|.{{0,60}}? {SOME} failed"
        rf"|\[doctest\] Status: FAIL",
        "test cases: 3 | 2 passed | 1 failed",
        "[doctest] test cases: 3 | 2 passed | 1 failed | 0 skipped",
        first="ta[",
        others=(
            "[doctest] test cases: 3 | 3 passed | 0 failed | 0 skipped",
            "All tests passed (3 assertions in 1 test case)",
        ),
    ),
    failed_test(
        "Boost.Test",
        rf"\*\*\* {SOME} failures? (?:is|are) detected",
        '*** 1 failure is detected in the test module "Lid"',
        first="*",
    ),
    # ctest, meson, automake, prove
    Row(
        "ctest",
        r"\d{1,9}/\d{1,9} Test {1,9}#\d{1,9}: .{1,400}?\*\*\*(?:(?P<note>Not Run \(Disabled\)|Skipped)|(?P<error>\S))",
        first="0123456789",
        errors=(
            " 1/10 Test  #1: foo ....................***Failed    0.01 sec",
            "1/2 Test #1: lid ...***Timeout  10.00 sec",
        ),
        notes=(
            "2/2 Test #2: off ..............................***Not Run (Disabled)   0.00 sec",
            "3/3 Test #3: x ......***Skipped   0.00 sec",
        ),
    ),
    Row(
        "ctest",
        r"The following tests FAILED:|Errors while running CTest",
        ERROR,
        first="TE",
        phase=Phase.TEST,
        follow=TABBED,
        errors=("The following tests FAILED:", "Errors while running CTest"),
        others=("The following tests did not run:",),
    ),
    failed_test(
        "ctest",
        rf"\d{{1,3}}% tests passed, {SOME} tests? failed",
        "67% tests passed, 1 tests failed out of 3",
        first="0123456789",
        others=("100% tests passed, 0 tests failed out of 3",),
    ),
    failed_test(
        "meson",
        rf"\d{{1,9}}/\d{{1,9}} \S.{{0,200}}? (?:FAIL|ERROR|TIMEOUT|UNEXPECTEDPASS) {{1,20}}\d[\d.]{{0,9}} ?s|(?:Fail"
        rf"|Timeout): {{1,60}}{SOME}\Z",
        " 1/3 kettle / lid   FAIL            0.01s   exit status 1",
        "Fail:               1",
        first="0123456789FT",
        others=("Fail:               0", " 1/3 kettle / lid   OK              0.01s"),
    ),
    failed_test(
        "prove, perl",
        r"Result: FAIL\Z|Bail out!|Failed \d{1,9}/\d{1,9} subtests|# {1,8}Failed (?:test|\d)|Dubious, test returned"
        r"|\S{1,200}\.t \.{2,60} Failed "
        r"|# Looks like you failed ",
        "Result: FAIL",
        "#   Failed test 'boils'",
        "t/lid.t .. Failed 1/3 subtests",
        "Failed 1/3 subtests",
        "Bail out! no water",
        first="R#DtBF",
    ),
    failed_test(
        "automake, test-unit",
        r"(?:XPASS|Failure|TIMEOUT): \S",
        "XPASS: lid-test",
        "Failure: test_boil(KettleTest)",
        first="XFT",
    ),
    # QtTest, Unity
    Row(
        "QtTest",
        r"(?:(?P<error>FAIL!|XPASS|QFATAL)|(?P<warning>QWARN)|(?P<note>PASS|XFAIL|QDEBUG|SKIP)) {1,4}: \w{1,100}::",
        first="FXQPS",
        phase=Phase.TEST,
        errors=("FAIL!  : LidTest::boil() Compared values are not the same",),
        warnings=("QWARN  : LidTest::boil() no water",),
        notes=("PASS   : LidTest::error()",),
    ),
    failed_test(
        "QtTest, Unity",
        rf"Totals: \d{{1,9}} passed, {SOME} failed|\d{{1,9}} Tests {SOME} Failures ",
        "Totals: 2 passed, 1 failed, 0 skipped, 0 blacklisted, 1ms",
        "3 Tests 1 Failures 0 Ignored",
        first="T0123456789",
        others=("Totals: 3 passed, 0 failed, 0 skipped, 0 blacklisted, 1ms", "3 Tests 0 Failures 0 Ignored"),
    ),
    failed_test(
        "Unity",
        r"[^\s:\"]{1,400}:\d{1,9}:\w{1,200}:FAIL\b",
        "lid_test.c:3:test_boil:FAIL: Expected 1 Was 2",
        holds=":FAIL",
        others=("lid_test.c:3:test_error:PASS",),
    ),
)
