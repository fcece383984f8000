"""The lines after a message that belong to it."""

from __future__ import annotations

import re

from millstream.builds.v1.build_log_pb2 import BuildLogLevel
from millstream.output.lines.categories import Phase
from millstream.output.lines.diagnostic import INFO, Diagnostic


class MessageBody:
    """Gives lines the level and the phase of the message that they go on with."""

    def __init__(self) -> None:
        self.pattern: re.Pattern[str] | None = None
        """That of the lines that belong to the message; None: there is none, and `go_on` changes nothing."""
        self._level: BuildLogLevel = INFO
        self._phase: Phase | None = None

    def begin(self, diagnostic: Diagnostic, phase: Phase | None) -> None:
        """Take note of a message, spoken in `phase`."""
        if diagnostic.follow is not None:
            self.pattern, self._level, self._phase = diagnostic.follow, diagnostic.level, phase

    def go_on(self, text: str, phase: Phase | None) -> tuple[BuildLogLevel, Phase | None]:
        """Return the level and the phase of `text`, which is no message itself and of which `phase` is known."""
        if self.pattern is None:
            return INFO, phase
        if self.pattern.match(text):
            return self._level, phase or self._phase
        self.pattern = None
        return INFO, phase
