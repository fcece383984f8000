"""A service and its database file: with an old SQLite it has the file alone, and a file that goes is reported."""

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from millstream import AsyncClient, Build, BuildLog, Project
from millstream.errors import StoreUnavailableError
from millstream.transport.retry import NO_RETRIES
from millstream_service.server import SERVICES
from millstream_service.store.engines import sqlite_driver
from millstream_service.store.upkeep.check import check
from tests.deadline import first, patience
from tests.faults.conftest import MakeService
from tests.faults.records import SCHEME, new_build
from tests.faults.service_process import ServiceProcess

_WITH_AN_OLD_SQLITE = """
import sys
from millstream_service.store.engines import sqlite_driver
sqlite_driver.version = lambda: (3, 40, 1)
from {module} import main
sys.exit(main({arguments}))
"""
OLD_SERVICE = (
    sys.executable,
    "-c",
    _WITH_AN_OLD_SQLITE.format(module="millstream_service.__main__", arguments="sys.argv[1:]"),
)
OLD_COMMAND = (sys.executable, "-c", _WITH_AN_OLD_SQLITE.format(module="millstream.cli.app", arguments=""))


def _start(service: ServiceProcess, program: tuple[str, ...] | None = None) -> ServiceProcess:
    service.program = program or service.program
    service.start()
    return service


def _refused_to_start(service: ServiceProcess) -> str:
    service.spawn()
    assert service.wait() == 1
    return service.last_error


@pytest.mark.skipif(not sqlite_driver.is_safe_to_share(), reason="there is no current SQLite here")
def test_with_an_old_sqlite_a_service_has_its_file_alone(make_service: MakeService, tmp_path: Path) -> None:
    old, new = make_service(), make_service()
    database = old.database = new.database = f"sqlite:///{tmp_path / 'shared.sqlite3'}"
    _start(old, OLD_SERVICE)
    assert "no other process can open the database meanwhile: SQLite 3.40.1 may lose writes" in old.last_error
    assert "another process has the database open and uses an old SQLite" in _refused_to_start(new)
    for command in (["db", "check"], ["builds"], ["db", "upgrade"]):
        ran = subprocess.run([*OLD_COMMAND, *command, "--db", database], capture_output=True, text=True)
        assert ran.returncode == 1
        assert "another process has the database open, and SQLite 3.40.1 may lose writes" in ran.stderr
    old.stop()
    _start(new)
    assert "no other process" not in new.errors.rpartition("old SQLite")[2]
    old.program = OLD_SERVICE
    assert "stop that one, or install pysqlite3" in _refused_to_start(old)


async def _health(address: str) -> set[int]:
    """Return what it says of each service, and of all."""
    async with grpc.aio.insecure_channel(address) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=HealthCheckRequest.SerializeToString,
            response_deserializer=HealthCheckResponse.FromString,
        )
        names = ["", *(one.full_name for one in SERVICES)]
        return {(await check(HealthCheckRequest(service=name), timeout=patience(20))).status for name in names}


async def _statuses(address: str) -> AsyncIterator[int]:
    async with grpc.aio.insecure_channel(address) as channel:
        watch = channel.unary_stream(
            "/grpc.health.v1.Health/Watch",
            request_serializer=HealthCheckRequest.SerializeToString,
            response_deserializer=HealthCheckResponse.FromString,
        )
        async for answer in watch(HealthCheckRequest()):
            yield answer.status


def _unlink(file: Path) -> None:
    file.unlink()


def _put_a_copy(file: Path) -> None:
    shutil.copy(file, file.with_suffix(".copy"))
    file.with_suffix(".copy").replace(file)


def _remove_folder(file: Path) -> None:
    shutil.rmtree(file.parent)


def _unlink_log(file: Path) -> None:
    Path(f"{file}-wal").unlink()


@pytest.mark.parametrize("mishap", [_unlink, _put_a_copy, _remove_folder, _unlink_log])
async def test_a_file_that_goes_is_told_of_and_nothing_is_acknowledged(
    make_service: MakeService, tmp_path: Path, mishap: Callable[[Path], None]
) -> None:
    path = tmp_path / "data" / "millstream.sqlite3"
    service = _start(make_service(database=f"sqlite:///{path}"))
    async with AsyncClient(service.address, retry=NO_RETRIES) as client:
        build_id = await new_build(client)
        mishap(path)
        with pytest.raises(StoreUnavailableError, match="while it was open: nothing is stored"):
            await client.builds.create_build(Build(scheme_id=SCHEME, version_string="1"))
        with pytest.raises(StoreUnavailableError):
            await client.builds.create_build_log(BuildLog(build_id=build_id, content="lost"))
        await first(_statuses(service.address), lambda it: it == HealthCheckResponse.NOT_SERVING, "health says so")
        assert await _health(service.address) == {HealthCheckResponse.NOT_SERVING}
        with pytest.raises(StoreUnavailableError):
            await client.builds.get_build(build_id)
    service.stop()
    assert "the store: the database's" in service.errors


async def test_a_file_that_comes_back_is_served_again(make_service: MakeService) -> None:
    service = _start(make_service())
    await first(_statuses(service.address), lambda it: it == HealthCheckResponse.SERVING, "it serves")
    service.path.rename(service.path.with_suffix(".moved"))
    await first(_statuses(service.address), lambda it: it == HealthCheckResponse.NOT_SERVING, "it does not")
    service.path.with_suffix(".moved").rename(service.path)
    await first(_statuses(service.address), lambda it: it == HealthCheckResponse.SERVING, "it serves again")
    async with AsyncClient(service.address, retry=NO_RETRIES) as client:
        await client.builds.create_project(Project(bundle_identifier="kept", name="kept"))
    service.stop()
    assert check(service.database) == []
