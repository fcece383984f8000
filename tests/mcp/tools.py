"""Sessions of the protocol's own client: with a server in this process, and with `millstream mcp` as a process."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult, TextContent

from millstream import AsyncClient
from millstream.mcp.event_log import EventLog
from millstream.mcp.serving import make_server
from millstream.mcp.shared.session import Session
from tests.deadline import patience, within
from tests.run.conftest import CLI, NOWHERE

SECONDS = 60.0
"""A process has to start first, and a service that is away is asked several times."""


class Tools:
    """Calls tools: what it is answered has passed the SDK's check against the tool's schema."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def __call__(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool that answers; its text says the same as its structure."""
        result = await self.result(name, arguments)
        assert not result.is_error, text(result)
        answer: dict[str, Any] = result.structured_content
        assert json.loads(text(result)) == answer
        return answer

    async def refused(self, name: str, **arguments: Any) -> str:
        """Call a tool that refuses, and return what it says."""
        result = await self.result(name, arguments)
        assert result.is_error, text(result)
        return text(result)

    async def result(self, name: str, arguments: dict[str, Any]) -> CallToolResult:
        return await within(self.client.call_tool(name, arguments), SECONDS)

    async def events(self, instance_id: str = "") -> list[dict[str, Any]]:
        """What the instance did, the first first; without the call that asks for it."""
        answer = await self("list_events", instance_id=instance_id, limit=200)
        events: list[dict[str, Any]] = answer["events"]
        return events[::-1]


def served_lines(*lines: str) -> list[dict[str, Any]]:
    """Write lines to a server of its own, close its stdin, and return what it wrote. No service is there."""
    command = [*CLI, "mcp", "--address", NOWHERE]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, timeout=patience(SECONDS))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@asynccontextmanager
async def served_here(address: str, instance_id: str = "") -> AsyncIterator[Tools]:
    """A session with a server in this process: quicker than a process of its own."""
    async with AsyncClient(address) as own:
        server = make_server(Session(own, instance_id), EventLog(own))
        async with Client(server) as client:
            yield Tools(client)


@asynccontextmanager
async def in_one_task(session: AbstractAsyncContextManager[Tools]) -> AsyncIterator[Tools]:
    """Enter and leave a session in one task, as the SDK needs it: pytest does the two in different ones."""
    entered: asyncio.Queue[Tools] = asyncio.Queue()
    left = asyncio.Event()

    async def hold() -> None:
        async with session as tools:
            entered.put_nowait(tools)
            await left.wait()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hold())
        yield await within(entered.get())
        left.set()


@asynccontextmanager
async def served_by_process(
    folder: Path, *options: str, mode: str = "auto", environment: dict[str, str] | None = None
) -> AsyncIterator[Tools]:
    """A session with `millstream mcp` over stdin and stdout, as clients have it. What it says is in `stderr.txt`."""
    parameters = StdioServerParameters(
        command=CLI[0],
        args=[*CLI[1:], "mcp", *options],
        cwd=folder,
        env={"HOME": str(folder), "PYTHONPATH": os.environ.get("PYTHONPATH", ""), **(environment or {})},
    )
    with (folder / "stderr.txt").open("a") as said:
        async with Client(stdio_client(parameters, errlog=said), mode=mode) as client:
            yield Tools(client)
