"""A file with one of everything, values that no column may hold, and what every read of a service answers then."""

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message import Message
from sqlalchemy import JSON, Boolean, Column, Double, Integer, LargeBinary, Table, Text

from millstream.agents.v1 import agent_service_pb2 as agents
from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.builds.v1 import backend_service_pb2 as builds
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub
from millstream_service.store.engines.sqlite_driver import DRIVER
from tests.deadline import within
from tests.entities import build
from tests.handlers.agents.entities import event, relationship
from tests.running import running
from tests.store import every_agent_call, every_call
from tests.store.every_call import Call

NOT_UTF8, BLOB, TEXT, FRACTION, MANY = "CAST(x'61ff62' AS TEXT)", "x'00ff00ff00'", "'text'", "1.5", "9e999"
BAD: Mapping[type, tuple[str, ...]] = {
    Boolean: (TEXT, "7", BLOB),
    Integer: (TEXT, BLOB, FRACTION, NOT_UTF8),
    Double: (TEXT, MANY, "-0.5", BLOB),
    LargeBinary: (TEXT, BLOB, "7", NOT_UTF8),
    JSON: ("'{'", "'[NaN]'", "'{}'", "7", "'null'", NOT_UTF8, "'[1000]'", "printf('%.*c', 100000, '[')"),
    Text: (NOT_UTF8, BLOB),
}
"""For each type of a column what its columns must not hold, as SQLite writes it."""
MAX_REQUESTS = 2
"""Of one RPC."""
Answers = dict[tuple[str, bytes], "tuple[grpc.StatusCode, list[Any]]"]
Stubs = tuple[Any, ...]


def bad_values(column: Column[Any]) -> tuple[str, ...]:
    """Return what a column must not hold."""
    values = next(values for kind, values in BAD.items() if isinstance(column.type, kind))
    return tuple(value for value in values if not (column.nullable and value == "'null'"))


async def fill(url: str) -> None:
    """Make a store with some of everything."""
    async with served(url) as stubs:
        made = chain(every_call.creations(), every_agent_call.creations(), _with_metadata())
        for call in made:
            code, _ = await answer(stubs, call)
            assert code is grpc.StatusCode.OK, call


def _with_metadata() -> Iterator[Call]:
    metadata: dict[str, Any] = {"lines": [1, 2.5, {"deep": None}]}
    yield "CreateBuild", builds.CreateBuildRequest(build=build("labelled", labels={"nightly": "yes"}, command=["make"]))
    logged, related = event("parent"), relationship("parent", "work-5-a4")
    logged.metadata.update(metadata)
    related.metadata.update(metadata)
    yield "LogMcpEvent", agents.LogMcpEventRequest(mcp_event=logged)
    yield "CreateRelationship", agents.CreateRelationshipRequest(relationship=related)


class served:
    """Stubs of a service on a database, as long as a block."""

    def __init__(self, url: str) -> None:
        self._running = running(url)

    async def __aenter__(self) -> Stubs:
        service = await self._running.__aenter__()
        self._channel = grpc.aio.insecure_channel(service.address)
        return tuple(make(self._channel) for make in (BackendServiceStub, AgentServiceStub, ChangeServiceStub))

    async def __aexit__(self, *error: Any) -> None:
        await self._channel.close()
        await self._running.__aexit__(*error)


def reads() -> Iterator[Call]:
    """Every RPC that reads, with one or two requests, its lists in few pages."""
    seen: dict[str, set[bytes]] = defaultdict(set)
    for name, request in chain(
        every_call.reads(),
        every_agent_call.reads(),
        every_call.streams(),
        every_agent_call.streams(),
        every_call.feed(5),
    ):
        for size in ("page_size", "limit"):
            if size in request.DESCRIPTOR.fields_by_name:
                request.ClearField(size)
        if len(seen[name]) < MAX_REQUESTS and request.SerializeToString() not in seen[name]:
            seen[name].add(request.SerializeToString())
            yield name, request


async def answers(stubs: Stubs) -> Answers:
    """Return what every read answers: its code, and what it gave out."""
    return {(name, request.SerializeToString()): await answer(stubs, (name, request)) for name, request in reads()}


async def answer(stubs: Stubs, call: Call) -> tuple[grpc.StatusCode, list[Any]]:
    """Make a call; return its code, and all that its messages hold. Of a stream without end the first is enough."""
    name, request = call
    method: Any = next(getattr(stub, name) for stub in stubs if hasattr(stub, name))
    found: list[Any] = []
    try:
        if name.startswith(("Append", "Search", "Tail")):
            async for message in method(iter([request]) if name.startswith("Append") else request):
                found += values_of(message)
        elif name.startswith("Stream"):
            open_call = method(request)
            found += values_of(await within(open_call.read(), 20))
            open_call.cancel()
        else:
            found += values_of(await method(request))
    except grpc.aio.AioRpcError as error:
        return error.code(), found
    return grpc.StatusCode.OK, found


def values_of(message: Any) -> list[Any]:
    """Return what a response holds: entities, and texts, but where it stands."""
    assert isinstance(message, Message), "it could be read"
    values: list[Any] = []
    for field, value in message.ListFields():
        if field.name in {"position", "revision", "next_page_token", "last_seq", "last_id", "durable_entry"}:
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            values += [(key, *one.version_strings) for key, one in value.items()]
        elif field.name == "project_detail":
            values += [value.project, *value.scheme_ids, *value.recent_build_ids]
        else:
            values += [value] if isinstance(value, Message | str | int) else list(value)
    return values


@contextmanager
def harmed(path: Path, table: Table, column: str, value: str) -> Iterator[bool]:
    """Have the first row of a table hold something else, as long as a block; False where SQLite does not allow it."""
    with closing(DRIVER.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout = 5000")
        key = ", ".join(f'"{one.name}"' for one in table.primary_key)
        found = connection.execute(f'SELECT rowid FROM "{table.name}" ORDER BY {key} LIMIT 1').fetchone()
        if found is None:
            yield False
            return
        row = found[0]
        connection.text_factory = bytes
        (before, kind) = connection.execute(
            f'SELECT "{column}", typeof("{column}") FROM "{table.name}" WHERE rowid = ?', (row,)
        ).fetchone()
        try:
            connection.execute(f'UPDATE "{table.name}" SET "{column}" = {value} WHERE rowid = ?', (row,))
        except DRIVER.IntegrityError:
            yield False
            return
        try:
            yield True
        finally:
            back = "CAST(? AS TEXT)" if kind == b"text" else "?"
            connection.execute(f'UPDATE "{table.name}" SET "{column}" = {back} WHERE rowid = ?', (before, row))


def copied(template: Path, folder: Path, change: Callable[[bytearray], None] | None = None) -> str:
    """Return the URL of a copy of a closed database, with its bytes changed."""
    path = folder / "copy.sqlite3"
    for name in ("-wal", "-shm"):
        path.with_name(path.name + name).unlink(missing_ok=True)
    shutil.copyfile(template, path)
    if change is not None:
        data = bytearray(path.read_bytes())
        change(data)
        path.write_bytes(data)
    return f"sqlite:///{path}"
