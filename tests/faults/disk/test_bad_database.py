"""A database file that is none, is another program's, can't be written to, or is damaged."""

import os
import random
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from millstream import AsyncClient, Build
from millstream.errors import StoreCorruptError
from millstream.transport.retry import NO_RETRIES
from millstream_service.config import Config
from millstream_service.store.upkeep.check import check
from tests.faults.conftest import MakeService
from tests.faults.inside import embedded
from tests.faults.records import PROJECT, fill, new_build
from tests.faults.service_process import COMMAND_LINE, MODULE, ServiceProcess

WITHOUT_OVERRIDE = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")
"""Root may write to anything; without these capabilities it is as bound by a file's mode as anyone."""
LINES, LINE_SIZE = 40, 100_000


def _text(path: Path) -> None:
    path.write_text("This is a letter, and no database.\n" * 100)


def _noise(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(20_000))


def _picture(path: Path) -> None:
    path.write_bytes(
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x01\x00\x48\x00\x48\x00\x00" + bytes(4_000) + b"\xff\xd9"
    )


def _header_cut(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00")


def _tail_cut(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
        connection.executemany("INSERT INTO notes VALUES (?)", [("x" * 900,)] * 50)
    connection.close()
    os.truncate(path, 5_000)


def _folder(path: Path) -> None:
    path.mkdir()


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()


BAD: list[tuple[Callable[[Path], None], str]] = [
    (_text, "the file is not a database"),
    (_noise, "the file is not a database"),
    (_picture, "the file is not a database"),
    (_header_cut, "the file is not a database"),
    (_tail_cut, "the database file is damaged"),
    (_folder, "the database can't be opened"),
    (_foreign, "the database belongs to another program"),
]


def _refusal(service: ServiceProcess) -> str:
    """Start a service that must refuse to; return what it said."""
    service.spawn()
    assert service.wait() == 1, service.errors
    assert re.fullmatch(r"millstream: [^\n]*\n", service.errors)
    assert str(service.path) not in service.errors
    return service.errors


@pytest.mark.parametrize(("make", "text"), BAD, ids=[make.__name__[1:] for make, _ in BAD])
def test_what_is_no_database_of_ours_is_refused_and_left_as_it_is(
    make_service: MakeService, make: Callable[[Path], None], text: str
) -> None:
    service = make_service()
    service.program = COMMAND_LINE if make is _text else MODULE
    make(service.path)
    before = None if service.path.is_dir() else service.path.read_bytes()
    assert text in _refusal(service)
    assert before is None or service.path.read_bytes() == before


def test_a_database_in_a_folder_that_can_not_be_made_is_refused(make_service: MakeService) -> None:
    service = make_service()
    (service.folder / "file").touch()
    service.database = f"sqlite:///{service.folder}/file/millstream.sqlite3"
    assert "the database can't be opened" in _refusal(service)


@pytest.fixture
async def filled(make_service: MakeService) -> ServiceProcess:
    """A service that is yet to start on a database with one build and its log."""
    service = make_service()
    with embedded(Config(listen="127.0.0.1:0", database=service.database)) as inside:
        async with AsyncClient(inside.address) as client:
            build_id = await new_build(client)
            await fill(client, build_id, LINES, LINE_SIZE)
            await client.builds.update_build(Build(id=build_id, status="BUILD_STATUS_COMPLETED"), ["status"])
    return service


async def _only_build(client: AsyncClient) -> Build:
    builds = [build async for build in client.builds.list_builds(project_id=PROJECT)]
    return builds[0]


def test_a_database_that_is_opened_read_only_is_refused(filled: ServiceProcess) -> None:
    filled.database = f"sqlite:///file:{filled.path}?mode=ro&uri=true"
    assert "the database can't be written to" in _refusal(filled)


@pytest.fixture
def bound_by_modes(filled: ServiceProcess) -> Iterator[ServiceProcess]:
    """The service, to be run as someone who may not write to files whose mode forbids that."""
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root may write to any file, and there is no setpriv to give that up")
        filled.program = (*WITHOUT_OVERRIDE, *filled.program)
    yield filled
    filled.folder.chmod(0o700)


def test_a_database_that_may_not_be_written_to_is_refused(bound_by_modes: ServiceProcess) -> None:
    bound_by_modes.path.chmod(0o444)
    assert "the database can't be written to" in _refusal(bound_by_modes)


def test_a_database_that_may_not_be_read_is_refused(bound_by_modes: ServiceProcess) -> None:
    bound_by_modes.path.chmod(0)
    assert "the database can't be opened" in _refusal(bound_by_modes)


def test_a_database_in_a_folder_of_mode_0555_is_refused(bound_by_modes: ServiceProcess) -> None:
    bound_by_modes.folder.chmod(0o555)
    assert "the database can't be" in _refusal(bound_by_modes)


def _spoil(path: Path, place: int, size: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        there = file.read(size)
        file.seek(place)
        file.write(bytes(byte ^ 0x5A for byte in there))


def _root_page(path: Path, table: str) -> int:
    """Return where in the file the first page of a table is."""
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    return (int(page) - 1) * int(size)


def _spoil_a_line(path: Path) -> None:
    connection = sqlite3.connect(path)
    (payload,) = connection.execute("SELECT payload FROM build_log_chunks WHERE first_seq = 1").fetchone()
    connection.close()
    middle = payload[len(payload) // 2 :][:64]
    _spoil(path, path.read_bytes().index(middle), len(middle))


def _spoil_a_page_of_lines(path: Path) -> None:
    _spoil(path, _root_page(path, "build_log_chunks"), 64)


@pytest.mark.parametrize("spoil", [_spoil_a_line, _spoil_a_page_of_lines])
async def test_a_damaged_log_is_told_of_and_all_else_is_served(
    filled: ServiceProcess, spoil: Callable[[Path], None]
) -> None:
    spoil(filled.path)
    filled.start()
    async with AsyncClient(filled.address, retry=NO_RETRIES) as client:
        build = await _only_build(client)
        with pytest.raises(StoreCorruptError):
            [line async for line in client.builds.tail_build_logs(build.id)]
        with pytest.raises(StoreCorruptError):
            [hit async for hit in client.builds.search_build_logs("nothing like this", build_id=build.id)]
        assert (await client.builds.get_build(build.id)).status == build.status
        other = await client.builds.create_build(Build(scheme_id=build.scheme_id, version_string="2"))
        assert await client.builds.get_build(other.build.id) == other.build
    filled.stop()
    assert "Traceback" not in filled.errors
    assert check(filled.database)


async def test_a_damaged_table_is_told_of_and_the_service_stays_up(filled: ServiceProcess) -> None:
    _spoil(filled.path, _root_page(filled.path, "builds"), 64)
    filled.start()
    async with AsyncClient(filled.address, retry=NO_RETRIES) as client:
        with pytest.raises(StoreCorruptError):
            await _only_build(client)
        with pytest.raises(StoreCorruptError):
            await new_build(client)
        with pytest.raises(StoreCorruptError):
            [ids async for ids in client.builds.watch_latest_builds(PROJECT)]
        assert (await client.builds.get_project(PROJECT)).bundle_identifier == PROJECT
    filled.stop()
    assert "Traceback" not in filled.errors
    assert check(filled.database)
