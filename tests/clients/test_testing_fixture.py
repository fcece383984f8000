"""The pytest plugin: a service a test, gone with it; skipped, with a reason, where there is no server."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from millstream import Client, Project, errors
from millstream.testing import MillstreamService
from tests.deadline import patience

USER_TEST = """
import pytest

def test_blocking(millstream_client):
    assert list(millstream_client.builds.list_projects()) == []

@pytest.mark.asyncio
async def test_asynchronous(millstream_async_client):
    assert [project async for project in millstream_async_client.builds.list_projects()] == []
"""
USER_TEST_WITHOUT_ASYNCIO = """
def test_asynchronous(millstream_async_client):
    raise AssertionError
"""
RUN = """
import sys, pytest
file, missing, *options = sys.argv[1:]
sys.modules.update(dict.fromkeys(missing.split()))
sys.exit(pytest.main(["-rs", "-W", "error", "-p", "no:cacheprovider", *options, file]))
"""


def run_user_test(folder: Path, text: str, *options: str, missing: str = "") -> str:
    file = folder / "test_user.py"
    file.write_text(text)
    command = [sys.executable, "-c", RUN, str(file), missing, *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=patience(60))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_registered() -> None:
    assert [entry.value for entry in entry_points(group="pytest11", name="millstream")] == ["millstream.testing"]


LOOP_SCOPE = ("-o", "asyncio_default_fixture_loop_scope=function")  # which pytest-asyncio requires


def test_a_user_needs_nothing_but_the_fixtures(tmp_path: Path) -> None:
    assert "2 passed" in run_user_test(tmp_path, USER_TEST, *LOOP_SCOPE)


def test_without_the_server_it_skips_and_says_why(tmp_path: Path) -> None:
    output = run_user_test(tmp_path, USER_TEST, *LOOP_SCOPE, missing="sqlalchemy re2")
    assert "2 skipped" in output
    assert "a service needs millstream[server], which is not installed: sqlalchemy, re2 missing" in output


def test_without_pytest_asyncio_it_skips_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "pytest_asyncio.py").write_text("raise ModuleNotFoundError('pytest_asyncio')")
    output = run_user_test(tmp_path, USER_TEST_WITHOUT_ASYNCIO, "-p", "no:asyncio")
    assert "1 skipped" in output
    assert "needs pytest-asyncio" in output


def test_a_restart_keeps_address_and_data(millstream_service: MillstreamService) -> None:
    address = millstream_service.address
    with Client(address) as client:
        client.builds.create_project(Project(bundle_identifier="p", name="P"))
    millstream_service.restart()
    assert millstream_service.address == address
    with Client(address) as client:
        assert client.builds.get_project("p").name == "P"


def test_a_service_that_is_stopped_is_gone(millstream_service: MillstreamService) -> None:
    millstream_service.stop()
    millstream_service.stop()
    with Client(millstream_service.address) as client, pytest.raises(errors.NotConnectedError):
        client.builds.get_project("p")


@pytest.mark.parametrize("number", [1, 2])
def test_each_test_has_a_database_of_its_own(millstream_client: Client, number: int) -> None:
    assert list(millstream_client.builds.list_projects()) == []
    millstream_client.builds.create_project(Project(bundle_identifier="p", name=f"P{number}"))
