"""What a build is filed under, by the folder it runs in."""

from pathlib import Path

import pytest

from millstream.run.facts.identity import clean, identify
from millstream.run.facts.repository import Repository


@pytest.mark.parametrize(
    ("url", "project_id", "name"),
    [
        ("https://github.com/acme/app.git", "com.github.acme.app", "app"),
        ("https://GitHub.com/acme/App", "com.github.acme.App", "App"),
        ("git@github.com:acme/app.git", "com.github.acme.app", "app"),
        ("ssh://git@git.example.org:2222/team/sub/app.git", "org.example.git.team.sub.app", "app"),
        ("https://example.org/~me/my app.git", "org.example.me.my-app", "my app"),
        ("/srv/git/app.git", "local.app", "app"),
        ("", "local.checkout", "checkout"),
    ],
)
def test_a_remote_gives_the_project(tmp_path: Path, url: str, project_id: str, name: str) -> None:
    top = tmp_path / "checkout"
    top.mkdir()
    identity = identify(top, Repository(top, url), ["make"])
    assert (identity.project_id, identity.project_name) == (project_id, name)


def test_a_folder_without_a_repository_gives_project_and_scheme(tmp_path: Path) -> None:
    identity = identify(tmp_path / "My App", None, ["make"])
    assert (identity.project_id, identity.project_name, identity.scheme_name) == ("local.My-App", "My App", "My App")


def test_a_folder_within_a_repository_gives_the_scheme(tmp_path: Path) -> None:
    repository = Repository(tmp_path, "https://github.com/acme/app")
    inner = tmp_path / "services" / "api"
    inner.mkdir(parents=True)
    assert identify(inner, repository, ["make"]).scheme_name == "services/api"
    assert identify(tmp_path, repository, ["make"]).scheme_name == "app"


def test_xcodebuild_names_the_scheme(tmp_path: Path) -> None:
    assert identify(tmp_path, None, ["xcodebuild", "-scheme", "Orbit", "build"]).scheme_name == "Orbit"
    assert identify(tmp_path, None, ["/usr/bin/xcodebuild", "-scheme"]).scheme_name == tmp_path.name
    assert identify(tmp_path, None, ["make", "-scheme", "Orbit"]).scheme_name == tmp_path.name


def test_the_root_folder_has_a_name_too() -> None:
    assert identify(Path("/"), None, ["make"]).project_id == "local.root"


def test_names_are_made_fit_for_the_service(tmp_path: Path) -> None:
    assert clean("a\nb\x00\udcff") == "a\ufffdb\ufffd\ufffd"
    identity = identify(tmp_path / ("x" * 200) / ("ü" * 250), None, ["make"])
    assert identity.project_id == "local.root"
    assert identity.scheme_name == "ü" * 250
