"""The server that runs tools, and records each call as an event of the session's instance."""

import json
import time
from typing import Any

import anyio
from anyio.to_thread import run_sync
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.stdio import stdio_server
from mcp.types import CallToolResult, InputRequiredResult, TextContent

from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.mcp.answering import Conversation
from millstream.mcp.event_log import EventLog
from millstream.mcp.shared.redaction import Bounds, fit_to_keep, without_secrets
from millstream.mcp.shared.refusal import ServiceAwayError, refusal
from millstream.mcp.shared.resuming import REGISTERING_TOOL, metadata_of
from millstream.mcp.shared.session import Session
from millstream.run.facts.repository import find_commit

CALL_SECONDS = 60.0
ARGUMENTS = Bounds(text=500, elements=30, depth=5, total=8 << 10)
MAX_ERROR = 2_000
MAX_NAME = 255
STATUS_TOOL = "update_instance_status"
CANCELLED = "cancelled by the client"
UNEXPECTED = "a fault of the server; its stderr says more"

Result = CallToolResult | InputRequiredResult


class RecordedServer(MCPServer[dict[str, Any]]):
    """An MCP server whose every call of a tool becomes an event, once the session is registered.

    A call is bounded in time. What goes wrong in it is the answer of this one call: the server goes on.
    """

    def __init__(self, session: Session, events: EventLog, instructions: str, version: str) -> None:
        super().__init__(
            "millstream", title="Millstream", instructions=instructions, version=version, log_level="WARNING"
        )
        self._session = session
        self._events = events

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[dict[str, Any], Any] | None = None
    ) -> Result:
        """Run a tool and record that. Raises ToolError."""
        started = time.monotonic()
        outcome: BaseException | None = None
        try:
            return await self._run(name, arguments, context)
        except BaseException as failure:
            outcome = failure
            raise
        finally:
            with anyio.CancelScope(shield=True):
                await self._record(name, arguments, outcome, time.monotonic() - started)

    async def run_stdio_async(self) -> None:
        """Serve one client on stdin and stdout; everything that it sends with an id is answered."""
        async with stdio_server() as (reads, writes):
            talk = Conversation(reads, writes)
            options = self._lowlevel_server.create_initialization_options()
            await self._lowlevel_server.run(talk.reads, talk.writes, options)

    async def _run(self, name: str, arguments: dict[str, Any], context: Context[dict[str, Any], Any] | None) -> Result:
        await self._check_names(name, arguments)
        try:
            with anyio.fail_after(CALL_SECONDS):
                return _compact(await super().call_tool(name, arguments, context))
        except TimeoutError:
            raise ToolError(f"{name} took longer than {CALL_SECONDS:g} s: ask for less") from None
        except ToolError as error:
            raise refusal(error, self._session.client.address) from error.__cause__

    async def _check_names(self, name: str, arguments: dict[str, Any]) -> None:
        """Refuse arguments that the tool does not have. The SDK ignores them: a misspelt filter would go unnoticed."""
        known = {tool.name: tool.input_schema.get("properties", {}) for tool in await self.list_tools()}
        for unknown in arguments.keys() - known.get(name, arguments).keys():
            raise ToolError(f"{name} has no argument {unknown!r}; it has: {', '.join(known[name]) or 'none'}")

    async def _record(
        self, name: str, arguments: dict[str, Any], failure: BaseException | None, seconds: float
    ) -> None:
        instance_id = self._session.instance_id
        if not instance_id:
            return
        event = McpEvent(
            instance_id=instance_id,
            tool_name=without_secrets(name, MAX_NAME)[:MAX_NAME],
            success=failure is None,
            error_message=without_secrets(_said(failure), MAX_ERROR),
            git_commit_hash=await run_sync(find_commit, self._session.folder),
            is_status_updating=name == STATUS_TOOL,
        )
        event.timestamp.GetCurrentTime()
        event.metadata.update({"arguments": fit_to_keep(arguments, ARGUMENTS), "duration_ms": round(seconds * 1000, 3)})
        if name == REGISTERING_TOOL and failure is None:
            event.metadata.update(metadata_of(self._session.resume_token))
        if isinstance(failure, ServiceAwayError):
            self._events.keep(event)
        else:
            await self._events.log(event)


def _said(failure: BaseException | None) -> str:
    if failure is None or isinstance(failure, ToolError):
        return str(failure or "")
    return CANCELLED if isinstance(failure, anyio.get_cancelled_exc_class()) else UNEXPECTED


def _compact(result: Result) -> Result:
    """Write the text, which says the same as the structured answer, without the SDK's indentation."""
    if isinstance(result, CallToolResult) and result.structured_content is not None:
        text = json.dumps(result.structured_content, ensure_ascii=False)
        return result.model_copy(update={"content": [TextContent(type="text", text=text)]})
    return result
