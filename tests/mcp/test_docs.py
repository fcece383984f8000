"""docs/mcp.md tells of each tool, each of its arguments and each limit, and of none that there is not."""

import json
import re
from pathlib import Path

from millstream.mcp import event_log, recorded_server
from millstream.mcp.logs import tools as log_tools
from millstream.mcp.shared.arguments import MAX_LISTED
from millstream.mcp.shared.budget import MAX_CHARACTERS
from tests.mcp.tools import Tools

GUIDE = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text()


async def test_the_table_has_each_tool_with_its_arguments(tools: Tools) -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([`\w ]+) \|", GUIDE, re.MULTILINE)
    documented = {name: re.findall(r"\w+", arguments) for name, arguments in rows}
    assert documented == {
        tool.name: list(tool.input_schema["properties"]) for tool in (await tools.client.list_tools()).tools
    }


def test_the_limits_are_those_of_the_code() -> None:
    arguments = recorded_server.ARGUMENTS
    for said in (
        f"| {MAX_CHARACTERS:,} characters in all",
        f"| {log_tools.MAX_LINES:,} lines of 1,000 characters",
        f"| {log_tools.MAX_HITS} hits, {log_tools.HIT_CHARACTERS} characters of a line",
        f"| {MAX_LISTED} entries",
        f"| {recorded_server.CALL_SECONDS:g} s |",
        f"{event_log.MAX_WAITING:,} at most",
        f"cut after {arguments.text}\ncharacters, a list after {arguments.elements} elements",
        f"together take {arguments.total >> 10} KiB",
    ):
        assert said in GUIDE, said


def test_the_configuration_of_clients_is_json() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    assert json.loads(shown)["mcpServers"]["millstream"]["args"] == ["mcp"]
