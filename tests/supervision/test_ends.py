"""How a service that has failed ends: by itself, with a clear line, and an error exit."""

import sys
from contextlib import closing
from pathlib import Path

import pytest

from millstream import Client, Project
from millstream.errors import MillstreamError
from millstream.transport.retry import NO_RETRIES
from millstream_service.config import Config
from millstream_service.embedded import EmbeddedService
from millstream_service.errors import ServiceFailedError
from millstream_service.reactive.regions import Regions
from tests.deadline import patience
from tests.faults.service_process import ServiceProcess

_FAILING = """
import sys
from {module} import main
from millstream_service.reactive.regions import Regions

def fail(*_):
    raise RuntimeError("planted")

Regions.publish = Regions.publish_all = fail
sys.exit(main({arguments}))
"""
PROGRAMS = {
    "module": ("-c", _FAILING.format(module="millstream_service.__main__", arguments="sys.argv[1:]")),
    "command": ("-c", _FAILING.format(module="millstream.cli.app", arguments=""), "serve"),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_its_process_ends_with_a_line_and_1(program: str, tmp_path: Path) -> None:
    service = ServiceProcess(tmp_path)
    service.program = (sys.executable, *PROGRAMS[program])
    try:
        service.start()
        with Client(service.address, retry=NO_RETRIES) as client:
            assert client.builds.create_project(Project(bundle_identifier="app", name="app")).revision == 1, (
                "it is stored"
            )
        assert service.wait() == 1
        assert service.last_error == "millstream: the service has failed: publishing: RuntimeError: planted"
        assert "publishing has failed, and the service ends" in service.errors
    finally:
        service.close()


def _fail(*_: object) -> None:
    raise RuntimeError("planted")


def _run_until_it_fails(url: str, patch: pytest.MonkeyPatch) -> None:
    with EmbeddedService(Config(listen="127.0.0.1:0", database=url)) as service:
        with Client(service.address, retry=NO_RETRIES) as client:
            patch.setattr(Regions, "publish", _fail)
            patch.setattr(Regions, "publish_all", _fail)
            client.builds.create_project(Project(bundle_identifier="app", name="app"))
        service._thread.join(patience(20))
        assert not service._thread.is_alive(), "it has ended by itself"
        with Client(service.address, retry=NO_RETRIES) as client, pytest.raises(MillstreamError):
            client.builds.get_project("app")


def test_whoever_embeds_it_is_told(monkeypatch: pytest.MonkeyPatch, file_url: str) -> None:
    with pytest.raises(ServiceFailedError, match="publishing: RuntimeError: planted"):
        _run_until_it_fails(file_url, monkeypatch)


def test_a_commit_that_can_not_be_told_of_has_all_be_read_again(monkeypatch: pytest.MonkeyPatch, file_url: str) -> None:
    with (
        EmbeddedService(Config(listen="127.0.0.1:0", database=file_url)) as service,
        Client(service.address) as client,
        closing(client.builds.watch_all_project_ids()) as watch,
    ):
        ids = iter(watch)
        assert list(next(ids)) == []
        monkeypatch.setattr(Regions, "publish", _fail)
        client.builds.create_project(Project(bundle_identifier="app", name="app"))
        assert list(next(ids)) == ["app"]
