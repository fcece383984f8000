"""What the guides say holds: their code runs, their links lead somewhere, their lists are complete."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import millstream
from millstream.common.v1.error_reason_pb2 import ErrorReason
from millstream_service import errors
from millstream_service.config import Config
from millstream_service.embedded import EmbeddedService
from tests.deadline import patience

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
REASONS = frozenset(ErrorReason.keys())
SESSIONS = {"agents.md"}
"""Their examples build on each other: they have a test of their own."""
GUIDES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SNIPPETS = [
    (guide, number, code)
    for guide in GUIDES
    if guide.name not in SESSIONS
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL))
]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What snippets may take for granted: a service at the default address, a client, and a build that has ended."""
    database = f"sqlite:///{tmp_path / 'guides.sqlite3'}"
    with EmbeddedService(Config(listen="127.0.0.1:0", database=database)) as service:
        monkeypatch.setenv("MILLSTREAM_ADDRESS", service.address)
        with millstream.Client() as client:
            project = millstream.Project(bundle_identifier="com.example.guide", name="Guide")
            scheme = client.builds.create_project(project, schemes=[millstream.Scheme(name="s")]).schemes[0]
            build = millstream.Build(scheme_id=scheme.id, version_string="1.0")
            build.start_date.GetCurrentTime()
            build.end_date.CopyFrom(build.start_date)
            build_id = client.builds.create_build(build).build.id
            yield {"millstream": millstream, "client": client, "build_id": build_id, "scheme_id": scheme.id}


@pytest.mark.parametrize(
    ("guide", "number", "code"), SNIPPETS, ids=[f"{guide.name}-{number}" for guide, number, _ in SNIPPETS]
)
def test_python_snippets_run(guide: Path, number: int, code: str, names: dict[str, Any], tmp_path: Path) -> None:
    if "def test_" in code:  # a test file: pytest runs it
        file = tmp_path / "test_snippet.py"
        file.write_text(code)
        run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file), "--rootdir", str(tmp_path)]
        done = subprocess.run(run, capture_output=True, text=True, timeout=patience(100))
        assert done.returncode == 0, done.stdout + done.stderr
        return
    compiled = compile(code, f"{guide.name} snippet {number}", "exec", flags=0x2000)  # await at the top is allowed
    result = eval(compiled, names)  # noqa: S307 - our own guides
    if result is not None:
        import asyncio

        asyncio.run(result)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_links_lead_somewhere(guide: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", guide.read_text()):
        if "://" not in target:
            assert (guide.parent / target).exists(), f"{guide.name} links to {target}"


def test_every_reason_is_explained() -> None:
    explained = (ROOT / "docs/errors.md").read_text()
    for name in REASONS:
        reason = name.removeprefix("ERROR_REASON_")
        assert reason == "UNSPECIFIED" or reason in explained


def leaves(kind: type[errors.MillstreamServiceError]) -> Iterator[type[errors.MillstreamServiceError]]:
    below = kind.__subclasses__()
    if not below:
        yield kind
    for one in below:
        yield from leaves(one)


def test_the_service_gives_no_reason_that_the_contract_lacks() -> None:
    for kind in leaves(errors.MillstreamServiceError):
        reason = getattr(kind, "reason", None)
        if reason:
            assert f"ERROR_REASON_{reason}" in REASONS
    for noun in ("project", "scheme", "build", "build_log", "crash_log"):
        assert f"ERROR_REASON_{errors.NotFoundError(noun, 'x').reason}" in REASONS


def test_the_limits_are_those_of_the_code() -> None:
    from millstream_service.convert.agents import entities as agents
    from millstream_service.convert.builds import entities
    from millstream_service.convert.logs import logs
    from millstream_service.handlers import watch
    from millstream_service.handlers.agents import event_appending, github_issues
    from millstream_service.handlers.builds import reads, streams, writes
    from millstream_service.handlers.logs import searching
    from millstream_service.handlers.shared import appending, paging
    from millstream_service.reactive import values
    from millstream_service.rpc import calls
    from millstream_service.store.engines import sqlite
    from millstream_service.store.history import change_log, changes
    from millstream_service.store.writing import writer

    config = Config(database="sqlite://")
    said = (ROOT / "docs/limits.md").read_text()
    for text in (
        f"{logs.LINE_BYTES >> 20} MiB of UTF-8",
        f"{logs.MAX_ENTRIES:,}",
        f"{entities.CRASH_LOG_BYTES >> 20} MiB, {entities.NOTE_BYTES >> 10} KiB of UTF-8",
        f"{writes.MAX_SCHEMES:,}",
        f"{reads.MAX_SCHEME_IDS:,}",
        f"{paging.MAX_PAGE:,}; a page also ends once it holds {paging.MAX_BYTES >> 20} MiB",
        f"{streams.MAX_BUILDS:,}",
        f"{searching.MAX_HITS:,} hits, {searching.MAX_CONTEXT} lines, {searching.MAX_QUERY:,} characters",
        f"| {values.LIST_PART:,}, and {values.PART_BYTES >> 20} MiB | the list goes on",
        f"`metadata`, an issue's text | {agents.LONG_BYTES >> 10} KiB",
        f"a setting's value | {agents.MESSAGE_BYTES >> 10} KiB",
        f"labels of an issue | {github_issues.MAX_ISSUES:,}, {agents.MAX_LABELS}",
        f"{config.max_review_rounds} (`--max-review-rounds`)",
        f"{config.max_streams:,} in all",
        f"each an open stream | {watch.MAX_QUERIES} |",
        f"{config.max_streams_of_one:,} (`--max-streams-of-one`)",
        f"{config.slow_reader_seconds:g} s | SLOW_READER",
        f"{calls.UNARY_SECONDS:g} s, whatever deadline",
        f"{writer.MAX_WAITING_COMMANDS:,}, and {writer.MAX_WAITING_BYTES >> 20} MiB",
        f"{sqlite.BUSY_TIMEOUT_SECONDS:g} s | STORE_BUSY",
        f"{change_log.KEPT_REVISIONS:,} revisions",
        f"| {changes.MAX_CHANGES_A_TABLE:,} | one change",
        f"| {changes.MAX_CHANGES_BYTES >> 20} MiB | the same",
        f"`AppendMcpEvents` | {agents.MAX_EVENTS:,} | LIST_TOO_LARGE",
        f"each counts {event_appending.EVENT_BYTES >> 10} KiB more",
        f"| {appending.BATCHES_UNDER_WAY} | the service stops reading",
    ):
        assert text in said, text


def test_the_demo_runs() -> None:
    done = subprocess.run(
        [sys.executable, "demo/demo.py"], cwd=ROOT, capture_output=True, text=True, timeout=patience(170), check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "completed" in done.stdout
    assert "-Wshadow" in done.stdout
    assert "imported" in done.stdout
