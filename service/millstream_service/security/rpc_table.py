"""The table of RPCs: what each is about, which scope it takes, whether it is audited, how large its requests may be.

Each domain fills its part (`handlers/builds/rpcs.py` and the like). No RPC is served that has no row. Nothing is
refused by it yet: today's callers may do all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from millstream_service.security.caller import Scope, Visibility

KIBIBYTE, MEBIBYTE = 1 << 10, 1 << 20
MAX_REQUEST_BYTES = 8 * MEBIBYTE
"""Of the RPCs that take the most: what comes in batches, which their sender may cut as it likes."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bytes that a request may have, and how many elements its lists, by the path of their field, in all.

    Most requests are an id and a few short texts. Those that carry more have what the documented bounds of their fields
    add up to, and where these are megabytes the elements of their lists are counted, too.
    """

    max_bytes: int = 64 * KIBIBYTE
    lists: Mapping[str, int] = field(default_factory=dict)


USUAL = Bounds()


@dataclass(frozen=True, slots=True)
class Rpc:
    """A row. `scope` None: every caller; what they are shown depends on what they may see.

    `resource` is a name as the change log has it. `writes`: it changes something. `audited`: each call of it is an
    event for the audit. `bounds`: of its requests.
    """

    domain: str
    scope: Scope | None
    resource: str
    writes: bool = False
    audited: bool = False
    bounds: Bounds = USUAL


@dataclass(frozen=True, slots=True)
class Domain:
    """Makes the rows of a domain: of what reads, of what writes, and of what gives out secrets."""

    name: str
    read_scope: Scope
    write_scope: Scope

    def read(self, resource: str, bounds: Bounds = USUAL) -> Rpc:
        """Return the row of an RPC that reads."""
        return Rpc(self.name, self.read_scope, resource, bounds=bounds)

    def read_secret(self, resource: str) -> Rpc:
        """Return the row of an RPC that gives out a secret."""
        return Rpc(self.name, self.read_scope, resource, audited=True)

    def write(self, resource: str, bounds: Bounds = USUAL) -> Rpc:
        """Return the row of an RPC that writes."""
        return Rpc(self.name, self.write_scope, resource, writes=True, audited=True, bounds=bounds)


class RpcTable:
    """All rows, by the name of the service and the RPC: `millstream.builds.v1.BackendService.GetBuild`."""

    def __init__(self, *parts: Mapping[str, Mapping[str, Rpc]]) -> None:
        """Put parts together: each has the names of services, and below these the RPCs with their rows."""
        self.rows = {
            f"{service}.{name}": row for part in parts for service, rows in part.items() for name, row in rows.items()
        }

    def check(self, names: Iterable[str]) -> None:
        """Raise LookupError for RPCs that have no row."""
        missing = [name for name in names if name not in self.rows]
        if missing:
            raise LookupError(f"no row in the table of RPCs for {', '.join(missing)}")

    def seen_by(self, visibility: Visibility) -> frozenset[str]:
        """Return the resources that may be read by who may see this."""
        reads = (row for row in self.rows.values() if not row.writes)
        return frozenset(row.resource for row in reads if row.scope and visibility.includes(row.scope))
