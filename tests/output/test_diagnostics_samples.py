"""Lines as tools print them, with the level and the category that each must get: tests/samples/diagnostics.json."""

import json
from typing import Any

import pytest

from millstream.builds.v1.build_log_pb2 import BuildLogLevel
from tests.output.output_of import LOGS, lines_of

CASES: list[dict[str, Any]] = json.loads((LOGS.parent / "diagnostics.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_each_line_gets_its_level_and_its_category(case: dict[str, Any]) -> None:
    expected = case["lines"]
    found = lines_of("\n".join(line["text"] for line in expected))
    levels = [BuildLogLevel.Name(line.level).removeprefix("BUILD_LOG_LEVEL_") for line in found]
    assert levels == [line["level"] for line in expected]
    assert [line.category if "category" in wanted else None for line, wanted in zip(found, expected, strict=True)] == [
        wanted.get("category") for wanted in expected
    ]
