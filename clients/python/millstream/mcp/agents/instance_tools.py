"""Tools by which an agent says who it is and how far it has come."""

from typing import Annotated, Any

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from millstream import Instance
from millstream.cli.agents.style import InstanceStatusName, InstanceTypeName
from millstream.mcp.agents.answers import (
    InstanceAnswer,
    InstanceDetail,
    RegisteredAnswer,
    instance_answer,
    instance_fields,
    relationship_answer,
)
from millstream.mcp.shared.arguments import InstanceId, OwnInstanceId
from millstream.mcp.shared.resuming import check_token, new_token
from millstream.mcp.shared.session import Session
from millstream.mcp.shared.taking import take

MAX_RELATIONSHIPS = 50

Worktree = Annotated[str | None, Field(max_length=4_096, description="Its git worktree: an absolute path.")]
Branch = Annotated[str | None, Field(max_length=1_024, description="The branch that it works on.")]
BaseBranch = Annotated[str | None, Field(max_length=1_024, description="The branch that its own came from.")]
TmuxSession = Annotated[str | None, Field(max_length=255, description="The tmux session that it runs in.")]
ProcessId = Annotated[int | None, Field(ge=0, description="The id of its process.")]


class InstanceTools:
    """What says, and changes, who the session is."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def register_instance(
        self,
        id: Annotated[  # noqa: A002 - the protos call it so
            str, Field(max_length=255, description="Its id. Empty: made from its issue's and its own number.")
        ] = "",
        type: Annotated[InstanceTypeName, Field(description="What it does.")] = InstanceTypeName.CODING,  # noqa: A002
        issue_number: Annotated[int, Field(ge=0, description="The issue that it works on; 0: none.")] = 0,
        parent_instance_id: Annotated[
            str, Field(max_length=255, description="The id of the instance that started it, if one did.")
        ] = "",
        worktree_path: Worktree = None,
        branch_name: Branch = None,
        base_branch: BaseBranch = None,
        tmux_session: TmuxSession = None,
        process_id: ProcessId = None,
    ) -> RegisteredAnswer:
        """Register this session as a new instance, with the status started: do this once, at the beginning.

        From then on each tool call is recorded as an event of the instance. Keep the answer's resume_token:
        resume_instance takes it, after a restart.
        """
        self._session.check_is_free()
        instance = Instance(
            id=id,
            type=type.value_on_wire,
            issue_number=issue_number,
            parent_instance_id=parent_instance_id,
            worktree_path=worktree_path,
            branch_name=branch_name,
            base_branch=base_branch,
            tmux_session=tmux_session,
            process_id=process_id,
        )
        created = (await self._session.client.agents.create_instance(instance)).instance
        self._session.become(created)
        self._session.resume_token = new_token()
        return RegisteredAnswer(**instance_fields(created), resume_token=self._session.resume_token)

    async def resume_instance(
        self,
        id: InstanceId,  # noqa: A002 - the protos call it so
        resume_token: Annotated[
            str, Field(max_length=255, description="The resume_token from register_instance.")
        ] = "",
    ) -> InstanceAnswer:
        """Resume an instance that an earlier session registered, for example after a restart.

        This needs the resume_token of that registration: no agent can take over another's instance.
        """
        self._session.check_is_free(id)
        instance = await self._session.client.agents.get_instance(id)
        if id != self._session.instance_id:
            await check_token(self._session.client, id, resume_token)
        self._session.become(instance)
        return instance_answer(instance)

    async def get_instance(self, id: OwnInstanceId = "") -> InstanceDetail:  # noqa: A002 - the protos call it so
        """Show an instance, by default this session's own, and how it is related to others."""
        instance = await self._session.client.agents.get_instance(id or self._session.own_id())
        found, _ = await take(self._session.client.agents.list_relationships(instance.id), MAX_RELATIONSHIPS)
        return InstanceDetail(
            instance=instance_answer(instance),
            is_own=instance.id == self._session.instance_id,
            relationships=[relationship_answer(relationship) for relationship in found],
        )

    async def update_instance(
        self,
        worktree_path: Worktree = None,
        branch_name: Branch = None,
        base_branch: BaseBranch = None,
        tmux_session: TmuxSession = None,
        process_id: ProcessId = None,
        pr_number: Annotated[int | None, Field(ge=0, description="The number of its pull request; 0: none.")] = None,
        pr_url: Annotated[str | None, Field(max_length=2_048, description="The URL of its pull request.")] = None,
    ) -> InstanceAnswer:
        """Update this session's instance; omitted fields stay. For the status see update_instance_status."""
        given: dict[str, Any] = {
            "worktree_path": worktree_path,
            "branch_name": branch_name,
            "base_branch": base_branch,
            "tmux_session": tmux_session,
            "process_id": process_id,
            "pr_number": pr_number,
            "pr_url": pr_url,
        }
        changes = {name: value for name, value in given.items() if value is not None}
        if not changes:
            raise ToolError(f"give at least one of {', '.join(given)}")
        instance = Instance(id=self._session.own_id(), **changes)
        updated = (await self._session.client.agents.update_instance(instance, sorted(changes))).instance
        self._session.become(updated)
        return instance_answer(updated)

    async def update_instance_status(
        self,
        status: Annotated[
            InstanceStatusName,
            Field(
                description="The new status. After started: waiting_review, pr_created. After waiting_review: started, "
                "pr_created. After pr_created: waiting_review, pr_merged, pr_closed. After any: terminated, for good."
            ),
        ],
    ) -> InstanceAnswer:
        """Change the status of this session's instance."""
        answered = await self._session.client.agents.update_instance_status(
            self._session.own_id(), status.value_on_wire
        )
        return instance_answer(answered.instance)
