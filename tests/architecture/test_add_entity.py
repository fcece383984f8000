"""An entity is added from CONTRIBUTING's template, in a copy: it touches no file that domains share."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from millstream_service.store.database import migrate
from tests.architecture.modules import ROOT
from tests.architecture.template import Block, blocks
from tests.deadline import patience

COPIED = ("protos", "migrations", "service", "clients/python", "pyproject.toml", "buf.yaml")
OWN = re.compile(r"service/millstream_service/(store|convert|handlers)/agents/\w+\.py")
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Copy:
    """Where it is, and which files the template's blocks made or changed."""

    root: Path
    touched: set[str]


def template_blocks() -> list[Block]:
    return blocks((ROOT / "CONTRIBUTING.md").read_text("utf-8"), migrate.head())


def run(*command: object, cwd: Path, **environment: str) -> str:
    """Run a program of the copy; return what it prints. Raises AssertionError where it fails."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=patience(120),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files(root: Path) -> Mapping[str, bytes]:
    """Return what is in the copied files; stubs and what Python or a compiler makes are left out."""
    found = (path for one in COPIED for path in ([root / one] if (root / one).is_file() else (root / one).rglob("*")))
    made = re.compile(r"_pb2(_grpc)?\.pyi?$|\.pyc$|\.so$")
    paths = (path for path in found if path.is_file() and not made.search(path.name))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the service, its protos and its migrations, with the template's entity."""
    root = tmp_path_factory.mktemp("copy")
    for one in COPIED:
        (root / one).parent.mkdir(parents=True, exist_ok=True)
        make = shutil.copytree if (ROOT / one).is_dir() else shutil.copy2
        make(ROOT / one, root / one)
    before = files(root)
    for block in template_blocks():
        block.write(root)
    after = files(root)
    make_stubs(root)
    return Copy(root, {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)})


def make_stubs(root: Path) -> None:
    """Make the stubs of the protos that the template has."""
    protos = [block.path for block in template_blocks() if block.path.endswith(".proto")]
    stubs = "clients/python"
    out = (f"--python_out={stubs}", f"--pyi_out={stubs}", f"--grpc_python_out={stubs}")
    run(sys.executable, "-m", "grpc_tools.protoc", "-Iprotos", *out, *protos, cwd=root)


def test_an_entity_from_the_template_works_and_touches_no_shared_file(copy: Copy, tmp_path: Path) -> None:
    touched = copy.touched
    assert touched == {block.path for block in template_blocks()}
    others = {path for path in touched if not path.startswith("protos/") and not OWN.fullmatch(path)}
    assert [re.sub(r"\d+", "N", path) for path in others] == ["migrations/versions/N_notes.py"]
    for layer in ("store", "convert"):
        assert len([path for path in touched if f"/{layer}/" in path]) == 1, "one file a layer"
    python_path = os.pathsep.join(str(copy.root / one) for one in ("service", "clients/python"))
    calls = Path(__file__).with_name("new_entity.py")
    said = run(sys.executable, calls, tmp_path, cwd=tmp_path, PYTHONPATH=python_path)
    assert Path(said.strip()).is_relative_to(copy.root)


def test_the_template_is_in_our_style(copy: Copy) -> None:
    code = [block.path for block in template_blocks() if block.path.endswith(".py")]
    run(BIN / "ruff", "check", *code, cwd=copy.root)
    run(BIN / "ruff", "format", "--check", *code, cwd=copy.root)
    run(BIN / "buf", "lint", cwd=copy.root)
    run(BIN / "buf", "format", "--diff", "--exit-code", cwd=copy.root)
