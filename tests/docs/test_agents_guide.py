"""The guide to coding agents is a session: a reader who types it sees what it shows."""

import re
from pathlib import Path

import pytest

from tests.docs.session import Session, commands, normalize
from tests.github.conftest import at
from tests.github.server import FakeGitHub

GUIDE = (Path(__file__).parents[2] / "docs/agents.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


@pytest.mark.timeout(300)
def test_the_session_goes_as_the_guide_shows_it(tmp_path: Path) -> None:
    (tmp_path / "github-token").write_text("ghp_example\n")
    with FakeGitHub(token="ghp_example") as github:
        for number in (1, 2):
            github.change(number, at(number))
        with Session(tmp_path, {"GITHUB_API_URL": github.url}) as session:
            printed = ""
            for language, block in BLOCKS:
                if language == "console":
                    for command, shown in commands(block):
                        assert normalize(session.run(command, shown)) == normalize(shown), command
                elif language == "python":
                    assert printed == "", "what a program prints stands below it"
                    printed = session.python(block)
                else:
                    assert printed == block
                    printed = ""
            assert printed == ""


def test_it_names_each_status_and_each_type() -> None:
    from millstream import InstanceStatus, InstanceType, RelationshipType

    for kind, prefix in (
        (InstanceStatus, "INSTANCE_STATUS_"),
        (InstanceType, "INSTANCE_TYPE_"),
        (RelationshipType, "RELATIONSHIP_TYPE_"),
    ):
        names = [name.removeprefix(prefix).lower() for name, _ in kind.items()]
        assert all(f"`{name}`" in GUIDE for name in names if name != "unspecified")
