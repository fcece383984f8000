"""What the protocol's own suite says of our transports, and what docs say of that."""

import logging
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests import go_tools
from tests.conformance import suite
from tests.conformance.known import known, table
from tests.deadline import patience

_SECONDS = 100.0
_CASES = {"native": 1_600, "grpcio": 440}
"""So many pass at least: a suite that ran little would find little."""


@pytest.mark.slow(15)
@pytest.mark.parametrize("transport", known())
def test_conformance(transport: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if transport == "native" and not find_spec("h2corn"):
        pytest.skip("h2corn is not here")
    if not suite.installed() and not request.config.getoption("in_full"):
        pytest.skip("the conformance suite is not here: `make test-all` installs it")
    try:
        result = suite.run(transport, tmp_path, min(patience(_SECONDS), 3 * _SECONDS))
    except go_tools.NoToolError as error:
        pytest.skip(str(error))
    logging.getLogger(__name__).info("%s: %s", transport, result)
    assert result.failed == 0, result.text
    assert result.passed >= _CASES[transport], result.text


def test_docs_tell_what_does_not_pass() -> None:
    text = (go_tools.ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
    assert "\n".join(table()) in text
