"""Secrets that are known by their shape: tokens of some hundred services, by rules that others maintain.

The rules are data, `secret_rules.json`; `scripts/secret-rules` makes it. A rule says what tells its tokens from other
texts (`telling`: where none of it occurs, its pattern is not tried), and which part of what it finds is the secret.
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

MAX_SECRET = 10_000
"""Characters: no rule finds a secret that is longer."""


class Rule(NamedTuple):
    """One kind of token."""

    name: str
    telling: tuple[str, ...]
    pattern: re.Pattern[str]

    def hide(self, text: str, hidden: str) -> str:
        """Return the text with the secrets that the rule finds replaced."""
        return self.pattern.sub(lambda match: _without_value(match, hidden), text)


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules."""
    data = json.loads(files("millstream.mcp.shared").joinpath("secret_rules.json").read_text())
    return tuple(
        Rule(rule["name"], tuple(text.lower() for text in rule["telling"]), re.compile(rule["pattern"]))
        for rule in data["rules"]
    )


def hide_tokens(text: str, hidden: str) -> str:
    """Return the text with the tokens in it replaced."""
    lowered = text.lower()
    for rule in rules():
        if any(telling in lowered for telling in rule.telling):
            text = rule.hide(text, hidden)
    return text


def _without_value(match: re.Match[str], hidden: str) -> str:
    start, end = (place - match.start() for place in match.span("value"))
    return f"{match[0][:start]}{hidden}{match[0][end:]}"
