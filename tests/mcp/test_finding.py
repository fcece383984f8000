"""An agent finds why a real build failed, with nothing but the tools: over stdin and stdout, as clients have it."""

import os
import subprocess
from pathlib import Path

import pytest

from millstream.testing import MillstreamService
from tests.mcp.tools import Tools, served_by_process
from tests.run.conftest import CLI

KETTLE = """\
#include "steam.h"

int boil(int degrees)
{
    return degres >= 100;
}
"""
MAKEFILE = """\
kettle: steam.o kettle.o
\tcc -o $@ $^
steam.o: steam.c
\tcc -Wall -c -o $@ $<
kettle.o: kettle.c
\tcc -Wall -c -o $@ $<
"""


@pytest.fixture
def kettle(tmp_path: Path) -> Path:
    """A program in C with a fault, in a folder of its own."""
    folder = tmp_path / "kettle"
    folder.mkdir()
    (folder / "kettle.c").write_text(KETTLE)
    (folder / "steam.c").write_text('#include "steam.h"\nint main(void) { int unused; return boil(100); }\n')
    (folder / "steam.h").write_text("int boil(int degrees);\n")
    (folder / "Makefile").write_text(MAKEFILE)
    return folder


def build(folder: Path, address: str) -> int:
    """Record a real build, and return its exit code."""
    environment = os.environ | {"MILLSTREAM_ADDRESS": address, "HOME": str(folder.parent), "LC_ALL": "C"}
    done = subprocess.run(
        [*CLI, "run", "--quiet", "--", "make"], cwd=folder, env=environment, capture_output=True, timeout=60
    )
    return done.returncode


async def why_it_failed(tools: Tools) -> tuple[Path, int, str]:
    """Do what an agent does: find the failed build, read its first error, and what was printed around it."""
    found = await tools("find_failed_build")
    seq = found["first_errors"][0]["seq"]
    around = await tools("read_build_log", build_id=found["build"]["id"], after_seq=max(seq - 3, 0), limit=6)
    line = next(line["content"] for line in around["lines"] if line["seq"] == seq)
    file, number, _, _, what = line.split(":", 4)
    (project,) = [
        one for one in (await tools("list_projects"))["projects"] if one["id"] == found["build"]["project_id"]
    ]
    return Path(project["working_directory"], file), int(number), what.strip()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_agent_finds_why_a_build_failed_and_that_it_is_mended(
    kettle: Path, millstream_service: MillstreamService, mode: str
) -> None:
    assert build(kettle, millstream_service.address) == 2
    async with served_by_process(kettle, "--address", millstream_service.address, mode=mode) as tools:
        await tools("register_instance", issue_number=5, worktree_path=str(kettle), branch_name="mend")
        file, number, what = await why_it_failed(tools)
        assert (file, number) == (kettle / "kettle.c", 5)
        assert "degres" in what
        assert "undeclared" in what

        hits = await tools("search_build_logs", query=r"degres|unused", regex=True, project_id="local.kettle")
        assert {hit["level"] for hit in hits["hits"]} >= {"error", "warning"}

        lines = file.read_text().splitlines(keepends=True)  # what the agent has learnt suffices to mend it
        lines[number - 1] = lines[number - 1].replace("degres", "degrees")
        file.write_text("".join(lines))
        assert build(kettle, millstream_service.address) == 0
        found = await tools("find_failed_build")
        assert found["newest_build_of_scheme"]["status"] == "completed"

        await tools("update_instance_status", status="pr_created")
        done = [event.get("tool_name", event.get("status_change")) for event in await tools.events()]
    assert done == [
        "register_instance",
        "find_failed_build",
        "read_build_log",
        "list_projects",
        "search_build_logs",
        "find_failed_build",
        "pr_created",
        "update_instance_status",
    ]
    assert (kettle / "stderr.txt").read_text() == ""
