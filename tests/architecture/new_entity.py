"""Calls the RPCs of the template's entity, in a process of its own: the service is a copy, which has its stubs.

`python new_entity.py FOLDER` starts a service with a database in the folder. Fails with AssertionError.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc

from millstream_service.config import Config
from millstream_service.convert import contents
from millstream_service.server import Service
from millstream_service.store.upkeep.check import Contents, check
from millstream_service.store.upkeep.copying import copy

SECONDS = 60
pb: Any = import_module("millstream.agents.v1.agent_service_pb2")
stubs: Any = import_module("millstream.agents.v1.agent_service_pb2_grpc")
changes: Any = import_module("millstream.common.v1.change_service_pb2")
change_stubs: Any = import_module("millstream.common.v1.change_service_pb2_grpc")


async def first(values: AsyncIterator[Any], fits: Callable[[Any], bool]) -> Any:
    """Read a stream up to the first value that fits."""
    async for value in values:
        if fits(value):
            return value
    raise AssertionError("the stream ended")


async def refusal(call: Any) -> bytes:
    """Return the details of the error that a call fails with, which have its reason."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return bytes(dict(error.trailing_metadata() or ())["grpc-status-details-bin"])
    raise AssertionError("the call did not fail")


async def use(channel: grpc.aio.Channel) -> None:
    """Create, read, list, watch and delete a note; it goes with its instance, too."""
    agents, feed = stubs.AgentServiceStub(channel), change_stubs.ChangeServiceStub(channel)
    await agents.CreateInstance(pb.CreateInstanceRequest(instance={"id": "i"}))
    watched = aiter(agents.StreamNotes(pb.StreamNotesRequest(instance_id="i")))
    assert not (await anext(watched)).notes
    made = await agents.CreateNote(pb.CreateNoteRequest(note={"instance_id": "i", "text": "a" * 65_536}))
    assert (await first(watched, lambda seen: seen.position.revision >= made.revision)).notes == [made.note]
    assert (await agents.GetNote(pb.GetNoteRequest(id=made.note.id))).note == made.note
    other = await agents.CreateNote(pb.CreateNoteRequest(note={"id": "other", "instance_id": "i"}))
    page = await agents.ListNotes(pb.ListNotesRequest(instance_id="i", page_size=1))
    rest = await agents.ListNotes(pb.ListNotesRequest(instance_id="i", page_token=page.next_page_token))
    assert [*page.notes, *rest.notes] == [made.note, other.note]
    assert b"NOTE_EXISTS" in await refusal(agents.CreateNote(pb.CreateNoteRequest(note=other.note)))
    assert b"INSTANCE_NOT_FOUND" in await refusal(agents.CreateNote(pb.CreateNoteRequest(note={"instance_id": "none"})))
    gone = await agents.DeleteNote(pb.DeleteNoteRequest(id=made.note.id))
    assert (await first(watched, lambda seen: seen.position.revision >= gone.revision)).notes == [other.note]
    assert b"NOTE_NOT_FOUND" in await refusal(agents.GetNote(pb.GetNoteRequest(id=made.note.id)))
    await agents.DeleteInstance(pb.DeleteInstanceRequest(id="i"))
    assert (await first(watched, lambda seen: not seen.notes)).position.revision > gone.revision
    await agents.CreateInstance(pb.CreateInstanceRequest(instance={"id": "j"}))
    await agents.CreateNote(pb.CreateNoteRequest(note={"instance_id": "j", "text": "kept"}))
    commits = aiter(feed.StreamChanges(changes.StreamChangesRequest(tables=["notes"])))
    seen = [((await anext(commits)).changes[0]) for _ in range(5)]
    assert [(one.table, one.key, list(one.ancestors)) for one in seen[:4]] == [
        ("notes", key, ["i"]) for key in (made.note.id, "other", made.note.id, "other")
    ]
    assert [one.operation for one in seen] == [1, 1, 3, 3, 1]


async def main(folder: Path) -> None:
    """Serve and call; then check the store, and copy it."""
    url = f"sqlite:///{folder / 'store.db'}"
    config = Config(listen="127.0.0.1:0", database=url)
    async with (
        asyncio.timeout(SECONDS),
        Service(config) as service,
        grpc.aio.insecure_channel(service.address) as channel,
    ):
        await use(channel)
    assert check(url, Contents(contents.ROWS, contents.read_lines)) == []
    copied = copy(url, f"sqlite:///{folder / 'copy.db'}", lambda _progress: None)
    assert copied.tables["notes"].rows == 1
    print(sys.modules["millstream_service"].__file__)  # noqa: T201 - whose service it was


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
