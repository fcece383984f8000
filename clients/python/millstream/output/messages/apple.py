"""Xcode's tools and what makes their output prettier."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.lines.diagnostic import ERROR
from millstream.output.messages.row import Row
from millstream.output.messages.words import TABBED

APPLE_ROWS: Final = (
    Row(
        "xcodebuild",
        r"\*\* [A-Z -]{1,40}(?:FAILED|INTERRUPTED) \*\*",
        ERROR,
        first="*",
        errors=("** BUILD FAILED **", "** TEST EXECUTE FAILED **"),
        others=("** BUILD SUCCEEDED **",),
    ),
    Row(
        "xcodebuild",
        r"Command \S{1,100} failed with a nonzero exit code",
        ERROR,
        first="C",
        errors=("Command CompileSwift failed with a nonzero exit code",),
    ),
    Row(
        "xcodebuild",
        r"The following build commands failed:",
        ERROR,
        first="T",
        follow=TABBED,
        errors=("The following build commands failed:",),
    ),
    Row(
        "xcbeautify, xcpretty",
        r"(?:Build|Test|Archive|Analyze|Clean|Export) Failed\Z",
        ERROR,
        first="BTACE",
        errors=("Build Failed", "Test Failed"),
    ),
    Row(
        "xcpretty without colours",
        r"x \w{1,200}, \S",
        ERROR,
        first="x",
        phase=Phase.TEST,
        errors=("    x testBoil, XCTAssertTrue failed",),
    ),
    Row(
        "swift",
        r"[^\s:\"]{1,400}\.swift:\d{1,9}: (?:Assertion|Precondition) failed(?:: |\Z)",
        ERROR,
        holds=".swift:",
        placed=True,
        located=True,
        errors=("Kettle/Lid.swift:193: Assertion failed", "Kettle/Lid.swift:193: Precondition failed: no water"),
        others=("Kettle/Lid.swift:193: Assertions failed to be found",),
    ),
    Row(
        "XCTest",
        r"\S.{0,200}? (?:\(\d{1,9}\) )?encountered an error \(",
        ERROR,
        holds="encountered an error (",
        phase=Phase.TEST,
        errors=(
            "Kettle (123) encountered an error (Early unexpected exit. (Underlying Error: Crash: Kettle at boil()))",
        ),
    ),
    Row(
        "codesign",
        r"Code ?Sign error: |Code signing is required for product type |No profile matching .{1,400} found"
        r"|No certificate matching "
        r"|Provisioning profile .{1,400} doesn't |Swift is unavailable on ",
        ERROR,
        first="CNPS",
        phase=Phase.CODESIGN,
        errors=(
            "CodeSign error: code signing is required for product type 'Application'",
            "No profile matching 'Kettle' found:",
        ),
    ),
    Row(
        "codesign",
        r"[^\"]{1,400}: (?:errSecInternalComponent|code object is not signed at all|resource fork, Finder information)",
        ERROR,
        holds=("errSecInternal", "code object is not", "resource fork"),
        phase=Phase.CODESIGN,
        errors=("/w/Kettle.app: errSecInternalComponent",),
    ),
    Row(
        "actool, ibtool",
        r"/\* com\.apple\.[\w.]{1,60}[.-](?:(?P<error>errors)|(?P<warning>warnings)|(?P<note>notices)) \*/",
        first="/",
        phase=Phase.RESOURCE,
        errors=("/* com.apple.actool.document.errors */",),
        warnings=("/* com.apple.ibtool.document.warnings */",),
        notes=("/* com.apple.actool.document.notices */",),
    ),
    Row(
        "xcbeautify without colours",
        r"\[(?:(?P<error>x))\] (?=/|[\w ]{1,40}: )",
        first="[",
        errors=("[x] /w/Lid.swift:3:5: cannot find 'x' in scope",),
    ),
)
