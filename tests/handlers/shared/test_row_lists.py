"""A list that is read again in its changed rows alone is, to the last byte, what it would be if it was read whole."""

from collections.abc import Collection, Sequence
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream_service.convert.agents.entities import instance_from_message, instance_to_message
from millstream_service.handlers.shared.row_lists import RowList
from millstream_service.reactive.values import Rows
from millstream_service.store.agents import instances
from millstream_service.store.agents.tables import INSTANCES
from millstream_service.store.entities import rows
from millstream_service.store.history.changes import Change
from tests.deadline import until
from tests.entities import at
from tests.handlers.agents.entities import create, instance
from tests.recorder import Recorder
from tests.store.opening import writing
from tests.stubs import Agents

KEYS = [f"i{number}" for number in range(8)]
STARTED, WAITING = 1, 2


def encode(row: rows.Row) -> bytes:
    message = pb.StreamInstancesResponse(instances=[instance_to_message(row)])
    return message.SerializeToString(deterministic=True)


def even_alone(row: rows.Row) -> bytes | None:
    return encode(row) if int(row["id"][1:]) % 2 == 0 else None


NEWEST_FIRST = instances.listed_by("last_activity", descending=True)
LISTS = [
    RowList(INSTANCES, [{}], None, encode),
    RowList(INSTANCES, [{}], 3, encode),
    RowList(INSTANCES, [{}], 1, encode),
    RowList(NEWEST_FIRST, [{}], None, encode),
    RowList(NEWEST_FIRST, [{"type": 1, "status": STARTED}, {"type": 1, "status": WAITING}], 2, encode),
    RowList(NEWEST_FIRST, [{"issue_number": 1, "status": (STARTED, WAITING)}], None, encode),
    RowList(INSTANCES, [{"parent_instance_id": None}], 4, encode),
    RowList(INSTANCES, [{"parent_instance_id": "i0"}], None, encode),
    RowList(INSTANCES, [{}], None, even_alone),
    RowList(INSTANCES, [], None, encode),
]


def _write(random: Random, connection: Connection) -> Sequence[Change]:
    """Create, change or delete some instance."""
    key = random.choice(KEYS)
    if rows.find(connection, INSTANCES, key) is None:
        values = instance_from_message(
            instance(key, created_at=at(random.randrange(4)), issue_number=random.choice([1, 2]))
        )
        return instances.create(connection, values)[1]
    if random.random() < 0.3:
        return instances.remove(connection, key)[1]
    columns = {
        "last_activity": random.randrange(5),
        "status": random.choice([STARTED, WAITING]),
        "type": random.choice([1, 2]),
    }
    name = random.choice([*columns, "parent_instance_id"])
    value: Any = columns.get(name)
    if name == "parent_instance_id":
        value = "i0" if key != "i0" and rows.find(connection, INSTANCES, "i0") else None
    return rows.change(connection, INSTANCES, key, {name: value}, lambda _row: None)[1]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_read_again_is_what_would_be_read_whole(database_url: str, seed: int) -> None:
    random = Random(seed)
    with writing(database_url) as connection:
        watched = [wanted.read(connection) for wanted in LISTS]
        for _ in range(80):
            changes = [change for _ in range(random.randint(1, 3)) for change in _write(random, connection)]
            keys = {change.key for change in changes if change.table == "instances"}
            for index, wanted in enumerate(LISTS):
                whole = wanted.read(connection)
                again = watched[index] = wanted.again(connection, watched[index], keys)
                assert (again.entries, again.end) == (list(whole.entries), whole.end)
                assert again.parts(0) == whole.parts(0)


def test_a_list_that_lost_its_last_row_reads_on_behind_it(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = RowList(INSTANCES, [{}], 2, encode)
    with writing(database_url) as connection:
        for number, key in enumerate(KEYS):
            instances.create(connection, instance_from_message(instance(key, created_at=at(number))))
        before = wanted.read(connection)
        asked: list[Any] = []
        listing = rows.listing

        def noted(*arguments: Any, **options: Any) -> Any:
            asked.append((options["after"], options["limit"]))
            return listing(*arguments, **options)

        monkeypatch.setattr(rows, "listing", noted)
        instances.remove(connection, KEYS[0])
        after = wanted.again(connection, before, {KEYS[0]})
        assert [entry.key for entry in after.entries] == KEYS[1:3]
        assert asked == [(before.end, 1)]


async def test_a_changed_row_is_read_and_not_its_list(agents: Agents, monkeypatch: pytest.MonkeyPatch) -> None:
    whole: list[None] = []
    again: list[Collection[str]] = []
    read, read_again = RowList.read, RowList.again

    def note_read(wanted: RowList, connection: Connection) -> Rows:
        whole.append(None)
        return read(wanted, connection)

    def note_again(wanted: RowList, connection: Connection, before: Rows, keys: Collection[str]) -> Rows:
        again.append(keys)
        return read_again(wanted, connection, before, keys)

    monkeypatch.setattr(RowList, "read", note_read)
    monkeypatch.setattr(RowList, "again", note_again)
    await create(agents, *map(instance, KEYS[:3]))
    recorder: Recorder[pb.StreamInstancesResponse]
    async with Recorder(agents.StreamInstances(pb.StreamInstancesRequest())) as recorder:
        assert len((await recorder.next()).instances) == 3
        await create(agents, instance(KEYS[3]))
        await until(lambda: len(recorder.messages[-1].instances) == 4, "the new one came")
        read_before = len(whole)
        await create(agents, instance(KEYS[4]))
        await until(lambda: len(recorder.messages[-1].instances) == 5, "the next one came")
        await agents.DeleteInstance(pb.DeleteInstanceRequest(id=KEYS[0]))
        await until(lambda: len(recorder.messages[-1].instances) == 4, "one went")
        assert len(whole) == read_before
        assert set().union(*again) >= {KEYS[4], KEYS[0]}
