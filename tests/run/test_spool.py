"""The spool promises: a folder is whole or not there, and never in two hands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from millstream.local.destination import Destination
from millstream.run.spool.request import Request
from millstream.run.spool.spool import Spool, leftovers, spool_root
from tests.deadline import patience


def request(build_id: str = "build-1") -> Request:
    return Request(
        build_id=build_id,
        writer_id="writer",
        created_us=17,
        folder="/work",
        project_id="local.work",
        project_name="work",
        scheme_name="work",
        destination=Destination(address="127.0.0.1:1"),
    )


def found(root: Path) -> list[str]:
    return [spool.request.build_id for spool in leftovers(root)]


def test_a_request_comes_back(tmp_path: Path) -> None:
    with Spool.create(tmp_path / "spool", request()) as spool:
        assert spool.request == request()


def test_a_spool_in_use_is_no_leftover(tmp_path: Path) -> None:
    with Spool.create(tmp_path, request()):
        assert found(tmp_path) == []
    assert found(tmp_path) == ["build-1"]


def test_leftovers_come_oldest_first_and_locked(tmp_path: Path) -> None:
    for build_id in ("build-2", "build-1", "build-3"):
        with Spool.create(tmp_path, request(build_id)):
            pass
    assert found(tmp_path) == ["build-1", "build-2", "build-3"]
    for _ in leftovers(tmp_path):
        assert "build-1" not in found(tmp_path)
        break


def test_a_removed_spool_is_gone(tmp_path: Path) -> None:
    with Spool.create(tmp_path, request()) as spool:
        spool.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_refused_spool_is_put_aside_with_the_reason(tmp_path: Path) -> None:
    with Spool.create(tmp_path, request()) as spool:
        aside = spool.refuse("no such thing")
    assert found(tmp_path) == []
    assert (aside / "refused.txt").read_text() == "no such thing\n"


def test_folders_that_are_no_spools_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "something").mkdir()
    (tmp_path / ".unfinished").mkdir()
    (tmp_path / "file").write_text("")
    assert found(tmp_path) == []
    assert found(tmp_path / "missing") == []


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"destination": {"color": 1}}'])
def test_a_damaged_request_is_told_from_a_good_one(tmp_path: Path, text: str) -> None:
    with Spool.create(tmp_path, request()) as spool:
        (spool.folder / "request.json").write_text(text)
        with pytest.raises(ValueError, match=r".+"):
            _ = spool.request


def test_only_its_owner_may_look_into_it(tmp_path: Path) -> None:
    root = tmp_path / "spool"
    with Spool.create(root, request()) as spool:
        modes = {path.stat().st_mode & 0o077 for path in (root, spool.folder, *spool.folder.iterdir())}
    assert modes == {0}


def test_its_place_is_the_users_folder_for_state_or_the_one_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_SPOOL", "/var/spool/millstream")
    assert spool_root() == Path("/var/spool/millstream")
    monkeypatch.delenv("MILLSTREAM_SPOOL")
    assert spool_root().parts[-2:] == ("millstream", "spool")


def test_a_folder_that_is_not_described_is_found_by_nobody_and_goes(tmp_path: Path) -> None:
    with Spool.begin(tmp_path, "build") as spool:
        assert found(tmp_path) == []
        assert spool.folder.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_a_recorder_whose_run_ended_before_it_was_described_takes_the_folder_away(tmp_path: Path) -> None:
    # The run is gone at once, as by kill -9: nobody else would ever look at the folder.
    spool = Spool.begin(tmp_path, "build")
    wake, wakes = os.pipe()
    os.close(wakes)
    arguments = [str(spool.home), str(spool.lock), str(wake), str(wake)]
    recorder = [sys.executable, "-P", "-m", "millstream.run", *arguments]
    subprocess.run(recorder, pass_fds=(spool.lock, wake), timeout=patience(60), check=True)
    assert list(tmp_path.iterdir()) == []
    os.close(spool.lock)
    os.close(wake)
