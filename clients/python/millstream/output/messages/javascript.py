"""What bundles JavaScript."""

from __future__ import annotations

from typing import Final

from millstream.output.lines.diagnostic import ERROR, WARNING
from millstream.output.messages.row import Row

JAVASCRIPT_ROWS: Final = (
    Row(
        "webpack",
        r"(?:(?P<error>ERROR)|(?P<warning>WARNING)) in \S",
        first="EW",
        errors=("ERROR in ./src/a.js 3:5",),
        warnings=("WARNING in ./src/a.js",),
    ),
    Row(
        "webpack",
        r"webpack (?:[\d.]{1,12} )?compiled with (?:(?P<error>[1-9]\d{0,8} errors?)"
        r"|(?P<warning>[1-9]\d{0,8} warnings?))",
        first="w",
        errors=("webpack 5.90.1 compiled with 1 error in 812 ms", "webpack compiled with 2 errors and 1 warning"),
        warnings=("webpack 5.90.1 compiled with 2 warnings in 812 ms",),
        others=("webpack 5.90.1 compiled successfully in 812 ms",),
    ),
    Row(
        "webpack, next.js, parcel",
        r"Module (?:not found|build failed)|Failed to compile\b|🚨 ",
        ERROR,
        first="MF🚨",
        errors=("Module not found: Error: Can't resolve './lid' in '/w/src'", "Failed to compile.", "🚨 Build failed."),
    ),
    Row(
        "vue",
        r"(?:(?P<error>error)|(?P<warning>warning)) {1,2}in (?:\./|\[|src/)",
        first="ew",
        errors=(" error  in ./src/Lid.vue",),
        warnings=(" warning  in ./src/Lid.vue",),
    ),
    Row("create-react-app", r"Compiled with warnings", WARNING, first="C", warnings=("Compiled with warnings.",)),
    Row("vite", r"error during build:", ERROR, first="e", errors=("error during build:",)),
    Row(
        "vite",
        r"\[vite(?::[\w:-]{1,40})?\]:? (?:Internal server error|Rollup failed|.{0,200}\berror\b)",
        ERROR,
        first="[",
        errors=('[vite]: Rollup failed to resolve import "react"', "[vite] Internal server error: x"),
        others=("[vite] connecting...",),
    ),
    Row(
        "esbuild of old",
        r"> \S{1,400}:\d{1,9}:\d{1,9}: (?:(?P<error>error)|(?P<warning>warning)): ",
        first=">",
        located=True,
        errors=('> src/a.js:1:7: error: Could not resolve "react"',),
        warnings=("> src/a.js:1:7: warning: x",),
    ),
)
