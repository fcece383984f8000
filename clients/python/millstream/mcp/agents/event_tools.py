"""Tools by which agents tell each other what they do."""

from typing import Annotated, Any

from anyio.to_thread import run_sync
from pydantic import Field

from millstream import AsyncClient, Instance, McpEvent
from millstream.agents.v1.instance_pb2 import INSTANCE_STATUS_TERMINATED
from millstream.mcp.agents.answers import (
    EventAnswer,
    EventList,
    Sibling,
    SiblingList,
    event_answer,
    instance_fields,
)
from millstream.mcp.shared.arguments import Limit, OwnInstanceId
from millstream.mcp.shared.budget import fitting
from millstream.mcp.shared.redaction import Bounds, fit_to_keep, without_secrets
from millstream.mcp.shared.session import Session
from millstream.mcp.shared.taking import take
from millstream.run.facts.repository import find_commit

METADATA = Bounds(text=20_000, elements=200, depth=10, total=64 << 10)
MAX_SIBLINGS = 1_000
MAX_ERROR = 10_000


class EventTools:
    """What logs events, and shows what others do."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def _client(self) -> AsyncClient:
        return self._session.client

    async def log_event(
        self,
        tool_name: Annotated[str, Field(min_length=1, max_length=255, description="What was done, such as create_pr.")],
        success: Annotated[bool, Field(description="Whether it succeeded.")] = True,
        error_message: Annotated[str, Field(max_length=MAX_ERROR, description="What went wrong.")] = "",
        metadata: Annotated[
            dict[str, Any] | None, Field(description="Anything else worth keeping, at most 64 KiB. No secrets.")
        ] = None,
        git_commit_hash: Annotated[
            str, Field(max_length=255, description="The checked-out commit. Empty: the server looks it up.")
        ] = "",
    ) -> EventAnswer:
        """Log what this session's instance did without these tools; their calls are logged automatically.

        Anything that looks like a secret is left out.
        """
        event = McpEvent(
            instance_id=self._session.own_id(),
            tool_name=tool_name,
            success=success,
            error_message=without_secrets(error_message, MAX_ERROR),
            git_commit_hash=git_commit_hash or await run_sync(find_commit, self._session.folder),
        )
        if metadata is not None:
            event.metadata.update(fit_to_keep(metadata, METADATA))
        return event_answer((await self._client.agents.log_mcp_event(event)).mcp_event)

    async def list_events(self, instance_id: OwnInstanceId = "", limit: Limit = 20) -> EventList:
        """List what an instance did, newest first: its tool calls and status changes."""
        wanted = instance_id or self._session.own_id()
        events, more = await take(self._client.agents.list_mcp_events(wanted, page_size=limit + 1), limit)
        fit, left_out = fitting([event_answer(event) for event in events])
        return EventList(instance_id=wanted, events=fit, more=more or left_out)

    async def list_siblings(
        self,
        instance_id: OwnInstanceId = "",
        include_terminated: Annotated[bool, Field(description="Include those that have ended.")] = False,
        limit: Limit = 50,
    ) -> SiblingList:
        """List the instances with the same issue or parent as this session's (or another one)."""
        own = await self._client.agents.get_instance(instance_id or self._session.own_id())
        beside = [
            other
            for other in await self._beside(own)
            if other.id != own.id and (include_terminated or other.status != INSTANCE_STATUS_TERMINATED)
        ]
        fit, left_out = fitting([_sibling(own, other) for other in beside[:limit]])
        return SiblingList(instance_id=own.id, siblings=fit, more=left_out or len(beside) > limit)

    async def _beside(self, own: Instance) -> list[Instance]:
        """Return those of the same issue or the same parent, the last active first."""
        found: list[Instance] = []
        if own.issue_number:
            found += await self._instances(issue_number=own.issue_number)
        if own.parent_instance_id:
            found += await self._instances(parent_instance=own.parent_instance_id)
        once = {instance.id: instance for instance in found}
        return sorted(once.values(), key=lambda instance: instance.last_activity.ToNanoseconds(), reverse=True)

    async def _instances(self, issue_number: int | None = None, parent_instance: str | None = None) -> list[Instance]:
        found = self._client.agents.list_instances(
            issue_number=issue_number, parent_instance=parent_instance, order_by="last_activity", descending=True
        )
        return (await take(found, MAX_SIBLINGS))[0]


def _sibling(own: Instance, other: Instance) -> Sibling:
    same_issue = own.issue_number and other.issue_number == own.issue_number
    same_parent = own.parent_instance_id and other.parent_instance_id == own.parent_instance_id
    shares = [what for what, same in (("parent", same_parent), ("issue", same_issue)) if same]
    return Sibling(shares=shares, **instance_fields(other))
