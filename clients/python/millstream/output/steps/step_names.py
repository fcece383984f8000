"""What the names of tasks, goals and scripts say about what they do."""

from __future__ import annotations

import re
from typing import Final

from millstream.output.lines.categories import Phase

_MEANINGS: Final = (
    (r"clean", Phase.CLEAN),
    (r"lint|checkstyle|spotless|detekt|spotbugs|findbugs|\bpmd|format", Phase.LINT),
    (r"javadoc|dokka|docs?\b|\bsite\b", Phase.DOCS),
    (r"resource|\bassets|merge\w{0,40}assets|manifest|\bres\b", Phase.RESOURCE),
    (r"compile|classes\b|\bksp|\bkapt|build_ext|build_clib|build_rust|externalnativebuild", Phase.COMPILE),
    (r"generate|codegen|preparekotlin|extract|process|build_py|build_scripts|egg_info|\bbuild\Z", Phase.PREPARE),
    (r"test|surefire|failsafe|\bcheck\Z|verify", Phase.TEST),
    (r"\bsign|signing", Phase.CODESIGN),
    (r"deploy|publish|install|develop", Phase.INSTALL),
    (r"\blink", Phase.LINK),
    (r"resolve|download|dependenc", Phase.RESOLVE),
    (r"\bjar|jar\b|\bwar\b|\baar|package|bundle|assemble|assembly|dist|shade|dex|strip|repackage", Phase.PACKAGE),
    (r"exec|antrun|script", Phase.SCRIPT),
)
_PATTERN: Final = re.compile("|".join(f"({pattern})" for pattern, _ in _MEANINGS))
_MAX_NAME: Final = 200


def phase_of_name(name: str) -> Phase | None:
    """Return what a task called `name` does, such as `:app:compileJava` or `maven-jar-plugin:jar`; None: not known.

    Where several words of the name are known, the one counts that stands first in `_MEANINGS`: `compileTestJava`
    compiles.
    """
    found = {match.lastindex for match in _PATTERN.finditer(name[:_MAX_NAME].lower()) if match.lastindex}
    return _MEANINGS[min(found) - 1][1] if found else None
