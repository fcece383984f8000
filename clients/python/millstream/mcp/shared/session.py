"""What one session of the server knows."""

from pathlib import Path

from mcp.server.mcpserver.exceptions import ToolError

from millstream import AsyncClient
from millstream.agents.v1.instance_pb2 import Instance


class Session:
    """A client of the service, and the instance that the agent at the other end is registered as.

    One process serves one agent: the instance is set once, by a tool or by our parent process. All of it belongs to the
    event loop.
    """

    def __init__(self, client: AsyncClient, instance_id: str = "") -> None:
        self.client = client
        self.folder = Path.cwd()
        self.resume_token = ""
        """What a later session may go on as this instance with; empty where this one did not register it."""
        self._instance_id = instance_id

    @property
    def instance_id(self) -> str:
        """The id of the instance; empty before there is one."""
        return self._instance_id

    def own_id(self) -> str:
        """Return the id of the instance. Raises ToolError before there is one."""
        if not self._instance_id:
            raise ToolError("this session is not registered as an instance: call register_instance first")
        return self._instance_id

    def check_is_free(self, instance_id: str = "") -> None:
        """Raise ToolError where the session is registered as another instance already."""
        if self._instance_id and self._instance_id != instance_id:
            raise ToolError(f"this session is registered as {self._instance_id} already")

    def become(self, instance: Instance) -> None:
        """Note that the session is this instance, and where it works."""
        self._instance_id = instance.id
        worktree = Path(instance.worktree_path)
        if instance.worktree_path and worktree.is_dir():
            self.folder = worktree
