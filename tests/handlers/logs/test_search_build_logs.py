"""SearchBuildLogs: the hits are those that a plain loop over all lines finds."""

import re
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.handlers.logs import scanning
from tests.deadline import within
from tests.entities import DEBUG, ERROR, INFO, WARNING, add_build, append, append_texts, at, build, entry, scheme
from tests.handlers.kinds import on_all
from tests.recorder import Recorder
from tests.refusal import refused
from tests.stubs import Backend

Hits = list[pb.SearchHit]
LEVELS = [DEBUG, INFO, WARNING, ERROR]
LITERALS = ["a", "ab", "A", ".", "a.b", "(", "[ab", "\\", "é", "É", "日本", "🙂", " ", "$"]
EXPRESSIONS = ["a.b", "^a", "b$", "[aé]+", "(?:ab)|日", "^$", ".", "a{2,}", "\\.", "(?i)ab", "É"]

entries = st.builds(
    lambda content, level: entry(content, level=level),
    st.text("aAbB.([\\éÉ日本🙂 $", max_size=6),
    st.sampled_from(LEVELS),
)
batches = st.lists(st.lists(entries, min_size=1, max_size=8), max_size=5)
queries = st.one_of(
    st.fixed_dictionaries({"query": st.sampled_from(LITERALS), "regex": st.just(value=False)}),
    st.fixed_dictionaries({"query": st.sampled_from(EXPRESSIONS), "regex": st.just(value=True)}),
)
options = st.fixed_dictionaries(
    {
        "ignore_case": st.booleans(),
        "min_level": st.sampled_from([0, *LEVELS]),
        "context_lines": st.integers(0, 3),
        "limit": st.sampled_from([0, 1, 2, 5]),
    }
)
wishes = st.builds(lambda query, options: query | options, queries, options)


def matcher(query: str, *, regex: bool = False, ignore_case: bool = False) -> Callable[[str], bool]:
    """Return what tells whether a text is a hit, by Python's own expressions."""
    pattern = re.compile(query if regex else re.escape(query), re.IGNORECASE if ignore_case else 0)
    return lambda text: pattern.search(text) is not None


def found(lines: Sequence[BuildLog], wish: dict[str, Any]) -> Hits:
    """Return the hits in a build's lines, by the plainest of means."""
    matches = matcher(wish["query"], regex=wish["regex"], ignore_case=wish["ignore_case"])
    most = wish["context_lines"]
    return [
        pb.SearchHit(build_log=line, before=lines[max(0, index - most) : index], after=lines[index + 1 :][:most])
        for index, line in enumerate(lines)
        if line.level >= wish["min_level"] and matches(line.content)
    ]


async def search(stub: Backend, query: str, build_id: str = "build", **fields: Any) -> Hits:
    """Return all hits of a search; of a build, unless `project_id` is given."""
    where: dict[str, Any] = {} if "project_id" in fields else {"build_id": build_id}
    call = stub.SearchBuildLogs(pb.SearchBuildLogsRequest(query=query, **where, **fields))
    async with Recorder[pb.SearchBuildLogsResponse](call) as recorder:
        assert await recorder.end() is None
        assert all(message.hits for message in recorder.messages)
        return [hit for message in recorder.messages for hit in message.hits]


def texts(hits: Iterable[pb.SearchHit]) -> list[str]:
    return [hit.build_log.content for hit in hits]


async def stored(stub: Backend, build_id: str = "build") -> list[BuildLog]:
    call = stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id=build_id, include_debug=True))
    return [line async for message in call for line in message.build_logs]


@pytest.fixture
def numbers() -> Iterable[int]:
    """One fixture serves all examples of a test: each takes builds of its own."""
    return iter(range(1, 1_000_000))


@settings(max_examples=30)
@given(logs=st.lists(batches, min_size=1, max_size=3), wishes=st.lists(wishes, min_size=1, max_size=5))
async def test_the_hits_are_those_of_a_plain_loop(
    stub: Backend, numbers: Any, logs: list[list[Any]], wishes: list[dict[str, Any]]
) -> None:
    number = next(numbers)
    builds = [f"{number}-{index}" for index in range(len(logs))]
    await add_build(stub, *builds, project_id=f"app-{number}", scheme_id=f"scheme-{number}")
    for build_id, log in zip(builds, logs, strict=True):
        await write(stub, build_id, log)
    lines = {build_id: await stored(stub, build_id) for build_id in builds}
    for wish in wishes:
        limit = wish["limit"] or None
        assert await search(stub, build_id=builds[0], **wish) == found(lines[builds[0]], wish)[:limit]
        newest_first = [hit for build_id in reversed(builds) for hit in found(lines[build_id], wish)]
        assert await search(stub, project_id=f"app-{number}", **wish) == newest_first[:limit]


async def write(stub: Backend, build_id: str, log: list[Any]) -> None:
    first = 1
    for batch in log:
        await append(stub, batch, build_id, first=first)
        first += len(batch)


@on_all
async def test_a_hit_comes_with_the_lines_around_it(stub: Backend) -> None:
    await add_build(stub)
    for number in range(1, 8):
        await append_texts(stub, f"line {number}", first=number)
    lines = await stored(stub)
    [hit] = await search(stub, "line 4", context_lines=2)
    assert hit == pb.SearchHit(build_log=lines[3], before=lines[1:3], after=lines[4:6])
    [hit] = await search(stub, "line 1", context_lines=100)
    assert (list(hit.before), list(hit.after)) == ([], lines[1:])


async def test_lines_around_a_hit_are_of_any_level(stub: Backend) -> None:
    await add_build(stub)
    await append(stub, [entry("x", level=DEBUG), entry("x", level=ERROR), entry("x", level=INFO)])
    [hit] = await search(stub, "x", min_level=ERROR, context_lines=1)
    assert [line.level for line in (*hit.before, hit.build_log, *hit.after)] == [DEBUG, ERROR, INFO]


async def test_a_literal_is_taken_as_it_is(stub: Backend) -> None:
    await add_build(stub)
    odd = ".*+?()[]{}|^$\\d \\Q\\E (?i) [error]: x"
    await append_texts(stub, "before", f"<{odd}>", f"<{odd.upper()}>", "error")
    assert texts(await search(stub, odd)) == [f"<{odd}>"]
    assert texts(await search(stub, odd, ignore_case=True)) == [f"<{odd}>", f"<{odd.upper()}>"]
    assert texts(await search(stub, ".*")) == [f"<{odd}>", f"<{odd.upper()}>"]


@on_all
@pytest.mark.parametrize(
    ("query", "fields", "hits"),
    [
        ("größe", {}, ["die größe"]),
        ("GRÖSSE", {}, ["DIE GRÖSSE"]),
        ("GRÖ", {"ignore_case": True}, ["die größe", "DIE GRÖSSE"]),
        ("ПРИВЕТ", {"ignore_case": True}, ["привет"]),
        ("本語", {}, ["日本語 🙂"]),
        ("^.{3} .$", {"regex": True}, ["日本語 🙂"]),
        ("\\p{Cyrillic}+", {"regex": True}, ["привет"]),
        ("\xf6", {}, ["die größe"]),
    ],
)
async def test_text_is_text_in_any_script(stub: Backend, query: str, fields: dict[str, Any], hits: list[str]) -> None:
    await add_build(stub)
    await append_texts(stub, "die größe", "DIE GRÖSSE", "привет", "日本語 🙂")
    assert texts(await search(stub, query, **fields)) == hits


async def test_what_is_no_content_is_no_hit(stub: Backend) -> None:
    """The bytes of ids and categories stand next to those of the content."""
    await add_build(stub)
    await append(stub, [entry("one", category="compile"), entry("two")])
    for query in ("build", "compile", "build/1", "\n"):
        assert await search(stub, query) == []
        assert await search(stub, query, ignore_case=True) == []


@pytest.mark.parametrize("wrong", ["(", "[a", "a**", "(?=x)", "\\1", "(?P<n>", "a{2000}", "\\p{None}"])
async def test_what_is_no_expression_is_refused(stub: Backend, wrong: str) -> None:
    await add_build(stub)
    refusal = await refused(stub.SearchBuildLogs(pb.SearchBuildLogsRequest(build_id="build", query=wrong, regex=True)))
    assert (refusal.code, refusal.reason, refusal.domain) == ("INVALID_ARGUMENT", "INVALID_REGEX", "millstream")
    assert refusal.metadata["field"] == "query"
    assert refusal.metadata["error"]
    assert refusal.fields == ("query",)
    assert await search(stub, wrong) == []


async def test_a_large_expression_is_refused_in_words_that_help(stub: Backend) -> None:
    await add_build(stub)
    request = pb.SearchBuildLogsRequest(build_id="build", query="[\\p{L}]{200}", regex=True)
    refusal = await refused(stub.SearchBuildLogs(request))
    assert (refusal.code, refusal.reason, refusal.fields) == ("INVALID_ARGUMENT", "INVALID_REGEX", ("query",))
    assert "too large" in refusal.message
    assert "repeat less" in refusal.message


async def test_nothing_is_compiled_in_the_event_loop(stub: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    await add_build(stub)
    threads: list[threading.Thread] = []
    compiled = re2.compile

    def noted(*arguments: Any, **options: Any) -> Any:
        threads.append(threading.current_thread())
        return compiled(*arguments, **options)

    monkeypatch.setattr(re2, "compile", noted)
    scanning._pattern_or_error.cache_clear()
    assert await search(stub, "not looked for before", regex=True) == []
    await refused(stub.SearchBuildLogs(pb.SearchBuildLogsRequest(build_id="build", query="(nor is this", regex=True)))
    assert threads
    assert threading.current_thread() not in threads


async def test_an_expression_takes_no_time_that_explodes(stub: Backend) -> None:
    await add_build(stub)
    await append_texts(stub, "a" * 5_000 + "!")
    assert await within(search(stub, "^(a+)+$", regex=True), 5) == []


@pytest.mark.parametrize(("project_id", "hits"), [("app", ["c", "d", "b", "a"]), ("other", ["elsewhere"])])
async def test_a_project_is_searched_newest_build_first(stub: Backend, project_id: str, hits: list[str]) -> None:
    """By the time of creation, then by id, across schemes; other projects stay out."""
    await add_build(stub, "a")
    await stub.CreateScheme(pb.CreateSchemeRequest(scheme=scheme("release")))
    for key, scheme_id, time in (("b", "release", 5), ("c", "debug", 9), ("d", "debug", 5), ("empty", "debug", 20)):
        await stub.CreateBuild(pb.CreateBuildRequest(build=build(key, scheme_id, created_at=at(time))))
    await add_build(stub, "elsewhere", project_id="other", scheme_id="other")
    for key in ("a", "b", "c", "d", "elsewhere"):
        await append_texts(stub, f"{key} 1", f"{key} 2", build_id=key)
    expected = [f"{key} {number}" for key in hits for number in (1, 2)]
    assert texts(await search(stub, " ", project_id=project_id)) == expected
    assert texts(await search(stub, " ", project_id=project_id, limit=3)) == expected[:3]


@on_all
async def test_a_long_log_is_searched_to_its_end(stub: Backend) -> None:
    """Over several pages of chunks, and more hits than one message holds."""
    await add_build(stub)
    for number in range(10):
        errors = [f"error {number} {index}" for index in range(300)]
        await append_texts(stub, "x" * 1_000_000, *errors, first=1 + 301 * number)
    hits = await search(stub, "error", limit=100_000)
    assert texts(hits) == [f"error {number} {index}" for number in range(10) for index in range(300)]
    assert len(await search(stub, "error")) == 1_000
    assert texts(await search(stub, "error", limit=450)) == texts(hits)[:450]
    assert texts(await search(stub, "ERROR 9 299", ignore_case=True)) == ["error 9 299"]


async def test_hits_of_long_lines_come_in_messages_that_clients_take(stub: Backend) -> None:
    await add_build(stub)
    for number in range(1, 8):
        await append_texts(stub, f"{number}" + "x" * 1_000_000, first=number)
    hits = await search(stub, "x", context_lines=3)
    assert [hit.build_log.seq for hit in hits] == list(range(1, 8))
    for hit in hits:
        before, after = [[line.seq for line in lines] for lines in (hit.before, hit.after)]
        assert before == list(range(hit.build_log.seq - len(before), hit.build_log.seq))
        assert after == list(range(hit.build_log.seq + 1, hit.build_log.seq + 1 + len(after)))


async def test_deleted_lines_are_not_found(stub: Backend) -> None:
    await add_build(stub)
    await append_texts(stub, "x 1", "x 2")
    await stub.DeleteBuildLogs(pb.DeleteBuildLogsRequest(build_id="build"))
    assert await search(stub, "x") == []
    await append_texts(stub, "x 3", first=3)
    [hit] = await search(stub, "x", context_lines=5)
    assert (hit.build_log.seq, list(hit.before), list(hit.after)) == (3, [], [])


@pytest.mark.parametrize("field", ["build_id", "project_id"])
async def test_what_is_not_there_is_not_found(stub: Backend, field: str) -> None:
    where: dict[str, Any] = {field: "none"}
    refusal = await refused(stub.SearchBuildLogs(pb.SearchBuildLogsRequest(query="x", **where)))
    noun = field.removesuffix("_id")
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", f"{noun.upper()}_NOT_FOUND")
    assert (refusal.metadata, refusal.resource) == ({"id": "none"}, (noun, "none"))


INVALID: list[tuple[str, dict[str, Any]]] = [
    ("query", {"query": ""}),
    ("query", {"query": "x" * 1_001}),
    ("context_lines", {"context_lines": -1}),
    ("context_lines", {"context_lines": 101}),
    ("limit", {"limit": -1}),
    ("limit", {"limit": 100_001}),
    ("min_level", {"min_level": 99}),
    ("build_id", {"build_id": "b\n"}),
]


@pytest.mark.parametrize(("field", "wrong"), INVALID)
async def test_a_field_at_fault_is_named(stub: Backend, field: str, wrong: dict[str, Any]) -> None:
    await add_build(stub)
    refusal = await refused(
        stub.SearchBuildLogs(pb.SearchBuildLogsRequest(**{"build_id": "build", "query": "x"} | wrong))
    )
    assert (refusal.code, refusal.reason, refusal.fields) == ("INVALID_ARGUMENT", "VALIDATION_FAILED", (field,))


@pytest.mark.parametrize("where", [{}, {"build_id": "build", "project_id": "app"}])
async def test_exactly_one_of_build_and_project_is_named(stub: Backend, where: dict[str, Any]) -> None:
    await add_build(stub)
    refusal = await refused(stub.SearchBuildLogs(pb.SearchBuildLogsRequest(query="x", **where)))
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "VALIDATION_FAILED")
