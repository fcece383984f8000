"""What git is asked for, and what is kept of it."""

import subprocess
from pathlib import Path

import pytest

from millstream.run.facts.repository import find_branch, find_commit, find_repository, find_version, without_credentials


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "tag.gpgsign=false"]
    answer = subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return answer.stdout.strip()


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://user:token@example.org/a.git", "https://example.org/a.git"),
        ("https://token@example.org:8443/a.git", "https://example.org:8443/a.git"),
        ("https://example.org/a.git?access_token=1#x", "https://example.org/a.git"),
        ("ssh://git:password@example.org:22/a.git", "ssh://git@example.org:22/a.git"),
        ("git+ssh://git@example.org/a.git", "git+ssh://git@example.org/a.git"),
        ("git@example.org:a.git", "git@example.org:a.git"),
        ("/srv/git/a.git", "/srv/git/a.git"),
        ("https://us@er:to@ken@example.org/a.git", "https://example.org/a.git"),
        ("https://[broken", ""),
    ],
)
def test_credentials_never_stay(url: str, kept: str) -> None:
    assert without_credentials(url) == kept


def test_a_repository_is_found_from_any_folder_in_it(repository: Path) -> None:
    inner = repository / "src"
    inner.mkdir()
    git(repository, "remote", "add", "origin", "https://me:secret@example.org/app.git")
    found = find_repository(inner)
    assert found is not None
    assert found.root.samefile(repository)
    assert found.url == "https://example.org/app.git"


def test_without_origin_the_first_remote_counts(repository: Path) -> None:
    git(repository, "remote", "add", "upstream", "git@example.org:app.git")
    found = find_repository(repository)
    assert found is not None
    assert found.url == "git@example.org:app.git"


def test_the_version_is_that_of_the_newest_tag(repository: Path) -> None:
    assert find_version(repository) == ""
    git(repository, "tag", "-a", "v1.2.0", "-m", "v1.2.0")
    assert find_version(repository) == "1.2.0"
    git(repository, "commit", "-q", "--allow-empty", "-m", "second")
    assert find_version(repository).startswith("1.2.0-1-g")


def test_the_commit_is_the_one_checked_out(repository: Path) -> None:
    assert find_commit(repository) == git(repository, "rev-parse", "HEAD")


def test_a_fresh_repository_has_no_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert (find_commit(tmp_path), find_version(tmp_path)) == ("", "")


def test_outside_of_a_repository_nothing_is_known(tmp_path: Path) -> None:
    assert find_repository(tmp_path) is None
    assert find_commit(tmp_path) == ""


def test_without_git_nothing_is_known(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_repository(repository) is None


def test_the_branch_is_that_which_is_checked_out(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "feature/x")
    assert find_branch(repository) == "feature/x"
    git(repository, "checkout", "-q", "--detach")
    assert find_branch(repository) == ""
    assert find_branch(repository.parent) == ""
