"""What fetches and installs packages."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.categories import Phase
from millstream.output.lines.diagnostic import ERROR, WARNING
from millstream.output.messages.row import Row

PACKAGE_MANAGER_ROWS: Final = (
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
    Row(
        "dpkg, apt, fastlane, gulp, grunt",
        r"dpkg: error processing |Err:\d{1,9} \S|fastlane finished with errors|Error in plugin \S"
        r"|'[^']{1,100}' errored after "
        r"|Aborted due to warnings\.",
        ERROR,
        first="dEf'A",
        errors=(
            "dpkg: error processing package lid (--configure):",
            "Err:3 http://kettle.org stable/main amd64 lid",
            "fastlane finished with errors",
            "'build' errored after 3 ms",
        ),
    ),
    Row(
        "composer",
        r"Package \S{1,200} is abandoned",
        WARNING,
        first="P",
        phase=Phase.RESOLVE,
        warnings=("Package kettle/lid is abandoned, you should avoid using it. No replacement was suggested.",),
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
        r"go: (?:errors parsing |(?!downloading |finding |extracting |warning).{0,300}?(?:cannot find"
        r"|no required module|not found|unknown revision"
        r"|invalid version|malformed|requires go|missing go\.sum|reading \S{1,300}: \d{3} |no such file"
        r"|updates to go\.mod needed))"
        r"|package \S{1,200} is not in (?:std|GOROOT)|no required module provides package |cannot find package \""
        r"|build \S{1,200}: cannot (?:load|find) |error loading module requirements",
        ERROR,
        first="gpncbe",
        errors=(
            "go: errors parsing go.mod:",
            "go: kettle@v1: unknown revision v1",
            "go: cannot find main module; see 'go help modules'",
            "package lid is not in std (/usr/go/src/lid)",
            "no required module provides package kettle.org/lid; to add it:",
            "build kettle: cannot load lid: malformed module path",
            "go: kettle.org/lid@v1: reading kettle.org/lid/go.mod: 404 Not Found",
        ),
        others=("go: downloading kettle.org/not/found v1.2.3",),
    ),
)
