"""Whatever was stored, no command lets it steer the reader's terminal, or hide in what is shown."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream import Build, BuildLog, BuildLogLevel, BuildStatus, Client, CrashLog, Instance, Project, Scheme
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.agents.v1.relationship_pb2 import Relationship, RelationshipType
from millstream.cli.shared.printable import json_safe, visible, visible_lines
from tests.cli.conftest import Command
from tests.cli.every_command import every_command

CLEAR, TITLE, C1, SGR = "\x1b[2J", "\x1b]0;owned\x07", "\x9b2J", "\x1b[35;45;7m"
HOSTILE = f"a{CLEAR}{TITLE}{C1}{SGR}\r\x7f\u202eb\u2028c[bold]d[/bold]\u0085e"
ON_A_LINE = f"first\n{HOSTILE}"
OWN_SGR = re.compile(r"\x1b\[[0-9;]*m")
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\u200e\u200f\u061c]")

BUILD, INSTANCE = "build-1", "work-1-a1"
SHOWN: dict[str, list[list[str]]] = {
    "builds": [[], ["--json"], ["--project", "p.1"]],
    "tail": [[BUILD, "--json"], [BUILD, "--no-follow", "--json"]],
    "show": [[BUILD], [BUILD, "--json"]],
    "search": [["first", "--json"]],
    "agents list": [[], ["--json"]],
    "agents show": [[INSTANCE], [INSTANCE, "--json"]],
    "agents events": [[], [INSTANCE], ["--json"]],
    "agents tree": [[], ["--json"]],
    "agents config get": [["hostile", "--json"]],
    "agents config list": [[], ["--json"]],
    "agents config set": [["another", HOSTILE.replace("\x00", ""), "--json"]],
    "agents config delete": [["hostile"]],
    "crash import": [["FILE"], ["FILE", "--json"]],
}
"""What to call each command with that shows what is stored, or what is in a file."""
ON_TERMINALS = {"tail": [[BUILD], [BUILD, "--timestamps"]], "search": [["first"], ["first", "-C", "1"]]}
"""Where a pipe gets what was stored as it is."""
SHOWS_NOTHING_STORED = {
    "run": "what it prints is the command's, and lines of its own: tests/run/test_facts.py",
    "serve": "addresses of its own",
    "mcp": "JSON of the protocol",
    "agents log": "errors alone, as all commands print them: tests/cli/agents/test_agents_log.py",
    "agents sync-issues": "the name of a repository, which is checked, and numbers",
    "db upgrade": "names of schemas",
    "db rotate-key": "numbers",
    "db renew-id": "hexadecimal digits",
    "db check": "ids, and what the store says of them",
    "db copy": "names of tables, and numbers",
}


@pytest.fixture
def hostile(millstream_client: Client) -> Client:
    """A store that is full of it."""
    client = millstream_client
    project = Project(
        bundle_identifier="p.1", name=HOSTILE, display_name=HOSTILE, git_repo_url=HOSTILE, working_directory=HOSTILE
    )
    client.builds.create_project(project, [Scheme(id="s", name=HOSTILE)])
    text = dict.fromkeys(("version_string", "commit_hash", "branch", "host", "device_metadata", "processor"), HOSTILE)
    build = Build(id=BUILD, scheme_id="s", status=BuildStatus.BUILD_STATUS_FAILED, command=[HOSTILE], **text)  # type: ignore[arg-type]
    client.builds.create_build(build)
    level = BuildLogLevel.BUILD_LOG_LEVEL_ERROR
    client.builds.create_build_log(BuildLog(build_id=BUILD, content=f"first {HOSTILE}", level=level))
    client.builds.create_crash_log(
        CrashLog(build_id=BUILD, process=HOSTILE, hardware_model=HOSTILE, os_version=HOSTILE, note=ON_A_LINE)
    )
    names = dict.fromkeys(("worktree_path", "branch_name", "base_branch", "tmux_session", "system_prompt"), HOSTILE)
    client.agents.create_instance(Instance(id=INSTANCE, **names))  # type: ignore[arg-type]
    client.agents.create_instance(Instance(id="work-1-a2", parent_instance_id=INSTANCE))
    kind = RelationshipType.RELATIONSHIP_TYPE_SPAWNED_REVIEW
    client.agents.create_relationship(Relationship(parent_instance=INSTANCE, child_instance="work-1-a2", type=kind))
    event = McpEvent(instance_id=INSTANCE, tool_name=HOSTILE, error_message=ON_A_LINE, git_commit_hash=HOSTILE)
    event.metadata.update({HOSTILE: HOSTILE})
    client.agents.log_mcp_event(event)
    client.agents.set_config("hostile", ON_A_LINE)
    return client


def _calls(table: dict[str, list[list[str]]]) -> list[tuple[str, ...]]:
    return [(*words.split(), *options) for words, calls in table.items() for options in calls]


def _assert_clean(text: str) -> None:
    assert SGR not in text
    assert HIDDEN.search(OWN_SGR.sub("", text)) is None, repr(text)
    assert "\x1b[1md" not in text, "markup is text"


def test_each_command_is_called_here_or_says_why_not() -> None:
    assert every_command().keys() == SHOWN.keys() | SHOWS_NOTHING_STORED.keys()


@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize("call", _calls(SHOWN), ids=" ".join)
def test_what_is_stored_steers_no_terminal(
    hostile: Client, command: Command, call: tuple[str, ...], coloured: bool,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    report = tmp_path / "\x1b[2Jreport\udc9b.crash"
    report.write_text(f"Process: {HOSTILE}\nIncident Identifier: {HOSTILE}\nVersion: {HOSTILE}\n")
    _watched(monkeypatch, coloured=coloured)
    ran = command(*(str(report) if word == "FILE" else word for word in call))
    assert ran.code in (0, 1), ran.err
    _assert_clean(ran.out)
    _assert_clean(ran.err)
    if not coloured:
        assert "\x1b" not in ran.out
    if "--json" in call and ran.out:
        texts = ran.out.splitlines() if call[0] in ("tail", "search") else [ran.out]
        assert all(json.loads(text) for text in texts)


@pytest.mark.parametrize("call", _calls(ON_TERMINALS), ids=" ".join)
def test_a_terminal_shows_logs_with_their_controls_visible(
    hostile: Client, command: Command, call: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    _watched(monkeypatch, coloured=True)
    ran = command(*call)
    assert ran.code == 0
    _assert_clean(ran.out)
    assert "␛" in ran.out


def test_a_pipe_gets_them_as_they_were_stored(hostile: Client, command: Command) -> None:
    assert command("tail", BUILD).out == f"first {HOSTILE}\n"
    assert command("search", "first").out.endswith(f" first {HOSTILE}\n")
    assert command("agents", "config", "get", "hostile").out == f"{ON_A_LINE}\n"


@pytest.mark.parametrize("reference", [HOSTILE, f"{HOSTILE}/latest"])
def test_errors_do_not_either(hostile: Client, command: Command, reference: str) -> None:
    ran = command("show", reference.replace(HOSTILE, f"x{HOSTILE}"))
    assert ran.code in (1, 2)
    _assert_clean(ran.err)


def _watched(monkeypatch: pytest.MonkeyPatch, *, coloured: bool) -> None:
    """Have rich take stdout for a terminal, or not."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "xterm-256color")
    if coloured:
        monkeypatch.setenv("FORCE_COLOR", "1")


@given(st.text())
def test_any_text_is_shown_without_what_hides(text: str) -> None:
    assert HIDDEN.search(visible(text)) is None
    assert "\n" not in visible(text)
    assert HIDDEN.search(visible_lines(text)) is None
    assert visible_lines(text).count("\n") == text.count("\n")
    assert visible(text).encode().decode() == visible(text), "it can be written"


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text())))
def test_json_says_the_same_without_what_hides(value: dict[str, object]) -> None:
    text = json_safe(json.dumps(value, ensure_ascii=False))
    assert json.loads(text) == value
    assert HIDDEN.search(text) is None
