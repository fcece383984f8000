"""Importing the package costs next to nothing, and all it names is there."""

import subprocess
import sys

import pytest

import millstream
from tests.deadline import patience


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=patience(30), check=True
    )
    return done.stdout


def test_importing_it_loads_neither_grpc_nor_protobuf() -> None:
    modules = run("import millstream, sys; print(*sys.modules)").split()
    assert not {"grpc", "google.protobuf", "asyncio"} & set(modules)


def test_the_pytest_plugin_loads_neither() -> None:
    modules = run("import millstream.testing, sys; print(*sys.modules)").split()
    assert not {"grpc", "google.protobuf", "millstream_service", "sqlalchemy"} & set(modules)


def test_the_client_loads_nothing_of_the_server() -> None:
    modules = run("from millstream import Client, AsyncClient; import sys; print(*sys.modules)").split()
    assert not {"millstream_service", "sqlalchemy", "alembic", "zstandard", "re2", "rich", "typer"} & set(modules)


@pytest.mark.parametrize("name", millstream.__all__)
def test_all_names_are_there(name: str) -> None:
    assert getattr(millstream, name) is not None
    assert name in dir(millstream)


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = millstream.Nonsense  # type: ignore[attr-defined]
