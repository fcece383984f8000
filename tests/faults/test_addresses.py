"""Two services on one port or one socket: the second one fails clearly, and the first one never suffers."""

import asyncio
import socket
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from millstream import AsyncClient
from tests.faults.conftest import MakeService
from tests.faults.records import new_build
from tests.faults.service_process import COMMAND_LINE, MODULE, ServiceProcess


async def _refused(service: ServiceProcess) -> str:
    service.spawn()
    assert await asyncio.to_thread(service.wait) == 1
    return service.last_error


@pytest.mark.parametrize("program", [MODULE, COMMAND_LINE], ids=["module", "command"])
async def test_a_second_service_on_a_port_fails_and_the_first_goes_on(
    service: ServiceProcess, client: AsyncClient, make_service: MakeService, program: Sequence[str]
) -> None:
    second = make_service(listen=service.address)
    second.program = program
    assert await _refused(second) == f"millstream: can't listen on {service.address}: is it taken?"
    assert await new_build(client)


@pytest.mark.parametrize("program", [MODULE, COMMAND_LINE], ids=["module", "command"])
async def test_a_second_service_on_a_socket_fails_and_the_first_goes_on(
    tmp_path: Path, make_service: MakeService, program: Sequence[str]
) -> None:
    first_one = make_service(listen=f"unix:{tmp_path}/socket")
    first_one.start()
    second = make_service(listen=first_one.address)
    second.program = program
    assert await _refused(second) == f"millstream: another service listens on {first_one.address}"
    async with AsyncClient(first_one.address) as client:
        assert await new_build(client)


async def test_a_socket_that_a_killed_service_left_is_taken_over(tmp_path: Path, make_service: MakeService) -> None:
    path = tmp_path / "socket"
    service = make_service(listen=f"unix:{path}")
    service.start()
    service.kill()
    assert path.is_socket(), "a killed service can't tidy up"
    for _ in range(2):
        service.start()
        async with AsyncClient(service.address) as client:
            assert await new_build(client)
        service.stop()
        assert not path.exists()


def test_a_socket_is_its_owner_s_alone(tmp_path: Path, make_service: MakeService) -> None:
    service = make_service(listen=f"unix:{tmp_path}/socket")
    service.start()
    for name in ("socket", "socket.lock"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(service.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"a letter", b""])
def test_a_file_is_never_taken_for_a_stale_socket(tmp_path: Path, make_service: MakeService, content: bytes) -> None:
    path = tmp_path / "letter"
    path.write_bytes(content)
    service = make_service(listen=f"unix:{path}")
    service.spawn()
    assert service.wait() == 1
    assert "there is a file that is not a socket" in service.errors
    assert path.read_bytes() == content


def test_a_socket_in_a_folder_that_is_not_there_is_refused(tmp_path: Path, make_service: MakeService) -> None:
    service = make_service(listen=f"unix:{tmp_path}/none/socket")
    service.spawn()
    assert service.wait() == 1
    assert service.errors == f"millstream: can't listen on unix:{tmp_path}/none/socket: No such file or directory\n"


def test_a_socket_whose_path_is_too_long_is_refused(tmp_path: Path, make_service: MakeService) -> None:
    service = make_service(listen=f"unix:{tmp_path}/{'x' * 120}")
    service.spawn()
    assert service.wait() == 1
    assert service.last_error.startswith("millstream: can't listen on unix:")


def test_a_port_that_another_program_has_is_refused(make_service: MakeService) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        service = make_service(listen=address)
        service.spawn()
        assert service.wait() == 1
        assert service.last_error == f"millstream: can't listen on {address}: is it taken?"
