"""The files for containers agree with each other and with the project. Their form is checked by `make lint`."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from millstream_service.config import Config, default_database_url, default_listen
from tests.topology.balancer import CONFIGURATION

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
SERVICES = {name: one for name, one in COMPOSE.items() if "build" in one}


def test_the_balancer_has_the_sockets_that_the_services_listen_on() -> None:
    listening = {one["environment"]["MILLSTREAM_LISTEN"] for one in SERVICES.values()}
    assert len(listening) == len(SERVICES) == 2
    assert set(re.findall(r"server (unix:\S+)", CONFIGURATION.read_text())) == listening


def test_all_that_share_the_sockets_have_one_user_and_nobody_is_root() -> None:
    [user] = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert COMPOSE["balancer"]["user"] == user
    assert not user.startswith("0")
    assert all("user" not in one for one in SERVICES.values())


def test_everything_is_waited_for_until_it_is_healthy() -> None:
    assert "HEALTHCHECK" in DOCKERFILE
    for name, one in COMPOSE.items():
        assert name in SERVICES or "healthcheck" in one
        assert all(on["condition"] == "service_healthy" for on in one.get("depends_on", {}).values())


def test_volumes_are_mounted_where_programs_look() -> None:
    folders = {Path(one["environment"]["MILLSTREAM_LISTEN"].removeprefix("unix:")).parent for one in SERVICES.values()}
    assert folders == {Path("/run/millstream")}
    for one in (*SERVICES.values(), COMPOSE["balancer"]):
        assert "sockets:/run/millstream" in one["volumes"]
    assert "database:/var/lib/postgresql/data" in COMPOSE["postgres"]["volumes"]


def test_nothing_is_published_to_other_machines() -> None:
    ports = [port for one in COMPOSE.values() for port in one.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_the_image_is_made_of_is_there_and_let_through() -> None:
    sources = [
        path for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for path in line.split()
    ]
    let_through = (ROOT / ".dockerignore").read_text().split()
    assert "pyproject.toml" in sources
    for path in sources:
        assert (ROOT / path).exists()
        assert f"!{path}" in let_through


def test_the_image_s_environment_is_the_service_s_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in re.findall(r"(MILLSTREAM_\w+)=(\S+)", DOCKERFILE):
        monkeypatch.setenv(name, value)
    config = Config(listen=default_listen())
    assert config.addresses == ("unix:/run/millstream/service.sock",)
    assert config.database == default_database_url() == "sqlite:////var/lib/millstream/millstream.sqlite3"
