"""Which rooms there are, and which of them each may import: the one table. CONTRIBUTING shows it as `drawn` draws it.

A room is a folder, or a file right below the package; a file has a row of its own where it may import more than its
folder. Each room imports rooms above it in its table alone: so none imports upwards, and none in a circle.
"""

from textwrap import wrap

Table = dict[str, str]

SERVICE: Table = {
    "errors": "",
    "names": "",
    "freed_memory": "",
    "background": "errors",
    "collector": "background",
    "security": "errors",
    "config": "errors security",
    "store": "",
    "store/engines": "errors",
    "store/schema": "store/engines",
    "store/builds/tables": "store/engines store/schema",
    "store/agents/tables": "store/engines store/schema",
    "store/registry": "store/schema store/builds/tables store/agents/tables",
    "store/history": "errors store/engines store/schema store/registry",
    "store/database": "errors background store/engines store/schema",
    "store/writing": "errors background store/engines store/history store/database",
    "store/entities": "errors background store/engines store/schema store/registry store/history store/database"
    " store/writing",
    "store/logs": "errors names background store/engines store/schema store/builds/tables store/history store/database"
    " store/writing store/entities",
    "store/builds": "names store/engines store/schema store/builds/tables store/entities",
    "store/agents": "errors names security store/engines store/schema store/agents/tables store/history store/database"
    " store/entities",
    "store/checks": "store/builds store/agents",
    "store/upkeep": "errors store/engines store/schema store/registry store/history store/database store/entities"
    " store/logs store/checks",
    "reactive": "errors background security store/engines store/history store/database",
    "convert/native": "",
    "convert": "errors names store/history reactive",
    "convert/logs": "errors convert/native convert store/logs",
    "convert/builds": "errors names convert",
    "convert/agents": "errors names convert store/agents/tables",
    "convert/contents": "convert/logs convert/builds convert/agents store/logs",
    "handlers/shared": "errors security convert store/engines store/schema store/history store/database store/writing"
    " store/entities store/logs reactive",
    "handlers/logs": "errors names convert convert/logs convert/builds store/builds/tables store/database"
    " store/writing store/entities store/logs reactive handlers/shared",
    "handlers/builds": "errors names security convert convert/logs convert/builds store/builds/tables store/database"
    " store/entities store/builds store/logs reactive handlers/shared handlers/logs",
    "handlers/agents": "errors security convert convert/agents store/agents/tables store/engines store/schema"
    " store/database store/writing store/entities store/agents reactive handlers/shared",
    "handlers": "errors security convert store/registry store/history store/database reactive handlers/shared",
    "rpc": "errors background security",
    "rpc/transports": "errors background rpc",
    "server": "*",
    "embedded": "config server",
    "probe": "config",
    "__main__": "errors freed_memory security config server",
}
"""Below `millstream_service`. A log is a build's, as yet: so `store/logs` knows the tables of builds.

`store/registry`, `store/checks`, `convert/contents` and `server` list the domains; no other shared part knows them
(`test_registry`)."""

CLIENT: Table = {
    "errors": "",
    "short_life": "",
    "transport": "errors",
    "streams": "errors transport",
    "log_writing": "errors transport",
    "common": "transport streams",
    "builds": "errors transport streams log_writing",
    "agents": "errors transport streams log_writing",
    "async_client": "transport streams log_writing common builds agents",
    "blocking": "errors streams log_writing common async_client",
    "blocking/builds": "builds blocking",
    "blocking/agents": "agents blocking",
    "blocking/client": "transport streams async_client blocking blocking/builds blocking/agents",
    "millstream": "errors transport streams log_writing agents async_client blocking blocking/agents blocking/client",
    "testing": "transport millstream",
    "cli/shared": "errors millstream",
    "local": "errors transport millstream cli/shared",
    "crash": "errors millstream",
    "github": "errors millstream",
    "output/lines": "",
    "output/messages": "output/lines",
    "output/steps": "output/lines",
    "output": "output/lines output/messages output/steps",
    "run/processes": "",
    "run/spool": "local",
    "run/facts": "run/spool",
    "run/passthrough": "cli/shared run/processes run/spool",
    "run/recording": "errors transport millstream cli/shared local output run/spool run/facts",
    "run": "short_life run/processes run/spool run/passthrough run/recording",
    "cli/builds": "errors millstream cli/shared local",
    "cli/logs": "errors millstream cli/shared local cli/builds",
    "cli/agents": "errors millstream cli/shared local github",
    "cli/db": "cli/shared local",
    "mcp/shared": "errors millstream",
    "mcp/logs": "errors millstream cli/shared mcp/shared",
    "mcp/builds": "millstream cli/shared cli/builds mcp/shared mcp/logs",
    "mcp/crash": "mcp/shared mcp/builds",
    "mcp/agents": "millstream cli/agents run/facts mcp/shared",
    "mcp": "errors transport millstream cli/shared local run/facts mcp/shared mcp/logs mcp/builds mcp/crash mcp/agents",
    "cli": "short_life transport millstream cli/shared local crash run/spool run/facts run/passthrough run cli/builds"
    " mcp",
}
"""Below `millstream`, whose own `__init__` is the room `millstream`. `cli` finds its commands by name (`COMMANDS`)."""

TABLES = {"millstream_service": SERVICE, "millstream": CLIENT}
EVERY = "*"
_WIDTH = 118


def allowed(table: Table, room: str) -> set[str]:
    """Return the rooms that a room may import, itself among them."""
    return set(table) if table[room] == EVERY else {room, *table[room].split()}


def room_of(package: str, module: str, *, is_package: bool) -> str:
    """Return the room of a module, named as it is imported: `a/b` of `package.a.b.c`."""
    inner = module.removeprefix(package).removeprefix(".").replace(".", "/")
    if not inner:
        return package
    folder = inner if is_package else inner.rpartition("/")[0]
    return inner if inner in TABLES[package] or not folder else folder


def drawn(package: str) -> str:
    """Return the table as text, a line or more for each room: what it may import stands behind the arrow."""
    table = TABLES[package]
    margin = max(map(len, table))
    return "\n".join(line for room, others in table.items() for line in _row(room, others, margin))


def _row(room: str, others: str, margin: int) -> list[str]:
    texts = wrap("anything" if others == EVERY else others, _WIDTH - margin - 3) or [""]
    heads = [room, *[""] * (len(texts) - 1)]
    signs = ["→" if others else "", *[""] * (len(texts) - 1)]
    return [f"{head:{margin}} {sign:1} {text}".rstrip() for head, sign, text in zip(heads, signs, texts, strict=True)]


if __name__ == "__main__":
    for name in TABLES:
        print(f"{name}\n{drawn(name)}\n")  # noqa: T201 - to be put into CONTRIBUTING
