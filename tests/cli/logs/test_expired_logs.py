"""What commands say of a log that the service has kept for long enough."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from millstream import Build, BuildLogEntry, BuildStatus, Client, Project, Scheme
from millstream.cli.app import run
from millstream_service.config import Config, size_in_bytes
from millstream_service.embedded import EmbeddedService
from millstream_service.errors import ValidationFailedError
from tests.deadline import patience

SERVE = [sys.executable, "-c", "from millstream.cli.app import main; main()", "serve"]
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def builds(file_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two builds, of which a service has kept the log of the newer one."""
    with EmbeddedService(Config(listen="127.0.0.1:0", database=file_url)) as service, Client(service.address) as client:
        project = Project(bundle_identifier="net.zlib", name="zlib")
        scheme = client.builds.create_project(project, [Scheme(name="default")]).schemes[0]
        for name in ("older", "newer"):
            build = Build(id=name, scheme_id=scheme.id, status=BuildStatus.BUILD_STATUS_COMPLETED)
            client.builds.create_build(build)
            with client.builds.log_writer(name) as log:
                log.write_entry(BuildLogEntry(content=f"says {name}"))
    config = Config(listen="127.0.0.1:0", database=file_url, keep_logs_builds=1)
    with EmbeddedService(config) as service, Client(service.address) as client:
        with closing(client.builds.watch_build_log_ids("older")) as lists:
            assert next(ids for ids in lists if not ids) == []
        monkeypatch.setenv("MILLSTREAM_ADDRESS", service.address)
        yield


def test_a_tail_says_that_it_has_expired(capfd: Captured) -> None:
    assert run(["tail", "older"]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("millstream: line older/1 has expired: the service keeps logs for a limited time")
    assert len(err.splitlines()) == 1
    assert run(["tail", "newer"]) == 0


def test_a_report_says_when(capfd: Captured) -> None:
    assert run(["show", "older"]) == 0
    assert "\nlog        expired 2" in capfd.readouterr().out
    assert run(["show", "older", "--json"]) == 0
    log = json.loads(capfd.readouterr().out)["log"]
    assert (log["lines"], log["first_errors"], log["expired_at"].endswith("Z")) == (0, [], True)
    assert run(["show", "newer", "--json"]) == 0
    assert "expired_at" not in json.loads(capfd.readouterr().out)["log"]


@pytest.mark.parametrize("where", [[], ["--project", "zlib"]])
def test_a_search_says_what_it_could_not_search(capfd: Captured, where: list[str]) -> None:
    assert run(["search", "says", *where]) == 0
    out, err = capfd.readouterr()
    assert out == "newer:1: says newer\n"
    assert "1 log could not be searched: expired" in err


def test_a_search_of_that_log_alone_finds_nothing(capfd: Captured) -> None:
    assert run(["search", "says", "--build", "older"]) == 1
    assert "1 log could not be searched: expired" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "size"), [("1", 1), ("500M", 500 << 20), ("20G", 20 << 30), ("3K", 3072), ("1T", 1 << 40)]
)
def test_a_size_is_told_in_powers_of_1024(text: str, size: int) -> None:
    assert size_in_bytes(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1", "G", "1.5G", "20 G", "20g", "20GB", "٣", "9" * 30])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailedError) as caught:
        size_in_bytes(text)
    assert caught.value.field == "keep_logs_size"


@pytest.mark.parametrize("option", ["size much", "size 900000000T", "days 0", "builds -1"])
@pytest.mark.parametrize("program", [SERVE, [sys.executable, "-m", "millstream_service"]])
def test_a_limit_that_makes_no_sense_is_bad_usage(file_url: str, program: list[str], option: str) -> None:
    name, value = option.split()
    command = [*program, "--listen", "127.0.0.1:0", "--db", file_url, f"--keep-logs-{name}", value]
    done = subprocess.run(command, capture_output=True, text=True, timeout=patience(60))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"keep-logs-{name}" in done.stderr.replace("_", "-")
