"""Whatever a file holds, reads answer with what was stored, or say that it is damaged; and the check finds it."""

import asyncio
import random
from contextlib import suppress
from pathlib import Path

import grpc
import pytest
from sqlalchemy import Table

from millstream_service.convert import contents
from millstream_service.errors import StoreCorruptError
from millstream_service.store import registry
from millstream_service.store.engines.soundness import Rules
from millstream_service.store.schema.models import STATE
from millstream_service.store.upkeep.check import Contents, check
from tests.faults.disk import damage
from tests.store import every_agent_call, every_call

pytestmark = pytest.mark.slow

OK, DAMAGED, MISSING = grpc.StatusCode.OK, grpc.StatusCode.DATA_LOSS, grpc.StatusCode.NOT_FOUND
TABLES = [table for table in registry.tables() if table.name != "deletions"]
FLIPS = 6
READ_ALL = Contents(contents.ROWS, contents.read_lines)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store with some of everything, closed."""
    path = tmp_path_factory.mktemp("damaged") / "template.sqlite3"
    asyncio.run(damage.fill(f"sqlite:///{path}"))
    return path


@pytest.mark.parametrize("half", [0, pytest.param(1, marks=pytest.mark.in_full)])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
async def test_a_value_that_a_column_must_not_hold_is_told_of(
    table: Table, half: int, template: Path, tmp_path: Path
) -> None:
    """Every other column of each table, and the others in full; all values of the changes' log, some of the others."""
    url = damage.copied(template, tmp_path)
    path = tmp_path / "copy.sqlite3"
    assert check(url, READ_ALL) == []
    async with damage.served(url) as stubs:
        good = await damage.answers(stubs)
        assert {code for code, _ in good.values()} == {OK}
        for number, column in list(enumerate(table.columns))[half::2]:
            values = damage.bad_values(column)
            for value in values if table.name == "change_log" else values[number % len(values) :][:1]:
                with damage.harmed(path, table, column.name, value) as done:
                    if not done:
                        continue
                    found = await damage.answers(stubs)
                    _assert_true(found, good, f"{column.name} = {value}")
                    assert _problems(url), f"the check finds {column.name} = {value}"
        assert await damage.answers(stubs) == good, "all is well again"


def _problems(url: str) -> list[str]:
    try:
        return check(url, READ_ALL)
    except StoreCorruptError as error:
        return [error.message]


def _assert_true(found: damage.Answers, good: damage.Answers, what: str) -> None:
    for call, (code, values) in found.items():
        assert code in {OK, DAMAGED, MISSING}, f"{call}: {code} with {what}"
        assert all(value in good[call][1] for value in values), f"{call} gave out {values} with {what}"


@pytest.mark.parametrize(
    "table", [table for table in TABLES if table.name != "store_state"], ids=lambda table: table.name
)
async def test_writes_meet_damage_as_reads_do(table: Table, template: Path, tmp_path: Path) -> None:
    url = damage.copied(template, tmp_path)
    column = [*table.columns][-1]
    refusals = {OK, DAMAGED, MISSING, grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS}
    async with damage.served(url) as stubs:
        with damage.harmed(tmp_path / "copy.sqlite3", table, column.name, damage.bad_values(column)[0]):
            for calls in (every_call, every_agent_call):
                for call in (*calls.updates(), *calls.deletions()):
                    code, _ = await damage.answer(stubs, call)
                    assert code in refusals, f"{call}: {code}"


@pytest.mark.parametrize("seed", range(FLIPS))
async def test_bytes_of_the_file_that_were_changed_lead_to_no_other_answers(
    seed: int, template: Path, tmp_path: Path
) -> None:
    noise = random.Random(seed)

    def flip(data: bytearray) -> None:
        for _ in range(noise.choice((1, 1, 8, 64))):
            data[noise.randrange(4096, len(data))] ^= 1 << noise.randrange(8)

    url = damage.copied(template, tmp_path, flip)
    with suppress(StoreCorruptError):  # nothing else may keep a service from starting
        async with damage.served(url) as stubs:
            for call, (code, _) in (await damage.answers(stubs)).items():
                assert code in {OK, DAMAGED, MISSING}, f"{call}: {code}"
        check(url, READ_ALL)


@pytest.mark.parametrize("column", ["store_id", "secret", "key_salt", "revision"])
async def test_a_service_does_not_start_on_a_store_that_does_not_know_itself(
    column: str, template: Path, tmp_path: Path
) -> None:
    url = damage.copied(template, tmp_path)
    with (
        damage.harmed(tmp_path / "copy.sqlite3", STATE, column, damage.TEXT),
    ):
        assert any(f"{column} can't be read" in problem for problem in _problems(url))
        if column != "key_salt":
            with pytest.raises(StoreCorruptError, match=f"{column} can't be read"):
                async with damage.served(url):
                    pass


def test_every_column_has_a_rule() -> None:
    for table in registry.tables():
        assert Rules(list(table.columns)).fault([None] * len(table.columns)) is not None
