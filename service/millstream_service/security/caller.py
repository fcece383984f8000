"""Who makes a call, and what they may see: `rpc` gives one to each handler, in place of the transport's call.

Today every caller is the local administrator, who may see all. What depends on a caller is ready for others: what is
watched is shared by those alone who may see the same, page and resume tokens hold for nobody else, the feed leaves out
what its reader may not see, and the log names who called.
"""

from dataclasses import dataclass
from enum import StrEnum

_SOCKET = "unix:"


class Scope(StrEnum):
    """What a token may be used for. The first part is a domain (see `rpc_table`), but for `ACCOUNTS` and `ADMIN`."""

    BUILDS_READ = "builds:read"
    BUILDS_WRITE = "builds:write"
    AGENTS_READ = "agents:read"
    AGENTS_WRITE = "agents:write"
    WORKSPACES_READ = "workspaces:read"
    WORKSPACES_WRITE = "workspaces:write"
    ACCOUNTS = "accounts"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Visibility:
    """What a caller may see. Equal ones see the same.

    `scopes` and `projects` narrow it, None does not; `user_id` is whose rows they see of what belongs to users, None
    means everybody's.
    """

    scopes: frozenset[Scope] | None = None
    projects: frozenset[str] | None = None
    user_id: str | None = None

    @property
    def key(self) -> bytes:
        """Bytes that stand for it: no bytes for who sees all, else the same for equal ones, and for no others."""
        if self == EVERYTHING:
            return b""
        return repr((_sort(self.scopes), _sort(self.projects), self.user_id)).encode()

    def includes(self, scope: Scope) -> bool:
        """Return whether what a scope is needed for may be seen."""
        return self.scopes is None or scope in self.scopes


def _sort(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(map(str, names))


EVERYTHING = Visibility()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls. `name` is what the log says; `token_id` is of the session or access token, empty without one."""

    name: str
    token_id: str = ""
    visibility: Visibility = EVERYTHING

    def __str__(self) -> str:
        """Return who it is, and with which token."""
        return f"{self.name} with token {self.token_id}" if self.token_id else self.name


LOCAL_ADMINISTRATOR = Identity("the local administrator")


class Caller:
    """The other end of a call. `peer` is its address."""

    __slots__ = ("identity", "peer")

    def __init__(self, peer: str, identity: Identity = LOCAL_ADMINISTRATOR) -> None:
        self.peer = peer
        self.identity = identity

    @property
    def visibility(self) -> Visibility:
        """What they may see."""
        return self.identity.visibility

    @property
    def over_socket(self) -> bool:
        """Whether the call came over a unix socket, which its owner alone can connect to; else over TCP."""
        return self.peer.startswith(_SOCKET)

    def __str__(self) -> str:
        """Return who calls, with which token, from where."""
        return f"{self.identity} from {self.peer}"
