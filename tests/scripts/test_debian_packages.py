"""What tests need of Debian is installed where that may be; elsewhere it is said, and the rest goes on."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deadline import patience

SCRIPTS = Path(__file__).parents[2] / "scripts"


def _run(folder: Path, listed: str, path: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(SCRIPTS / "debian-packages", folder)
    (folder / "debian-packages.txt").write_text(listed)
    bash = shutil.which("bash")
    assert bash
    script = folder / "debian-packages"
    return subprocess.run([bash, script], env={"PATH": path}, capture_output=True, text=True, timeout=patience(60))


@pytest.fixture
def without_apt(tmp_path: Path) -> str:
    """A PATH on which there is no apt."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("dirname", "id"):
        (folder / name).symlink_to(str(shutil.which(name)))
    return str(folder)


def test_what_is_there_is_not_spoken_of(tmp_path: Path, without_apt: str) -> None:
    there = tmp_path / "15" / "bin"
    there.mkdir(parents=True)
    done = _run(tmp_path, f"# a comment\nthing {tmp_path}/*/bin\n", without_apt)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_missing_is_named_and_nothing_fails(tmp_path: Path, without_apt: str) -> None:
    done = _run(tmp_path, "one /nowhere/one\nthere /\nother /nowhere/other\n", without_apt)
    assert done.returncode == 0
    assert done.stderr.startswith("MISSING: one other.")


def test_the_list_names_what_the_tests_look_for() -> None:
    lines = (SCRIPTS / "debian-packages.txt").read_text().splitlines()
    packages = [line.split()[0] for line in lines if not line.startswith("#")]
    assert packages == ["postgresql", "nginx", "less", "vim", "dialog", "whiptail", "fzf"]
