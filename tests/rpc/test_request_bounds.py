"""A request is looked at before it is parsed: how large it is, and how many elements its lists have."""

from typing import Any

import pytest
from google.protobuf.descriptor import MethodDescriptor
from hypothesis import given
from hypothesis import strategies as st

from millstream.agents.v1 import agent_service_pb2
from millstream.builds.v1 import backend_service_pb2
from millstream_service.convert.agents.entities import MAX_EVENTS
from millstream_service.convert.logs.logs import MAX_ENTRIES
from millstream_service.errors import ListTooLargeError, MessageTooLargeError
from millstream_service.handlers.agents.github_issues import MAX_ISSUES
from millstream_service.handlers.builds.reads import MAX_SCHEME_IDS
from millstream_service.handlers.builds.writes import MAX_SCHEMES
from millstream_service.handlers.watch import MAX_READ
from millstream_service.rpc.request_bounds import RequestCheck
from millstream_service.security.rpc_table import MAX_REQUEST_BYTES
from millstream_service.server import MAX_MESSAGE_BYTES, RPCS, SERVICES
from tests.rpc.largest import largest

METHODS = {method.name: method for service in SERVICES for method in service.methods}
BOUNDS = {name: RPCS.rows[method.full_name].bounds for name, method in METHODS.items()}
LISTS = {
    "CreateProject": ("schemes", MAX_SCHEMES),
    "ListBuilds": ("scheme_ids", MAX_SCHEME_IDS),
    "StreamBuildIds": ("scheme_ids", MAX_SCHEME_IDS),
    "AppendBuildLogs": ("entries", MAX_ENTRIES),
    "SyncGitHubIssues": ("github_issues", MAX_ISSUES),
    "AppendMcpEvents": ("events", MAX_EVENTS),
    "Watch": ("queries", MAX_READ),
}


def check_of(method: str) -> RequestCheck:
    return RequestCheck(METHODS[method], BOUNDS[method])


def elements(method: str, count: int) -> bytes:
    """Return a request with so many empty elements."""
    field = METHODS[method].input_type.fields_by_name[LISTS[method][0]]
    return bytes([field.number << 3 | 2, 0]) * count


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
def test_the_largest_request_that_is_documented_fits(method: MethodDescriptor) -> None:
    request = largest(method.input_type).SerializeToString()
    check = check_of(method.name)
    check(request)
    limit = BOUNDS[method.name].max_bytes
    assert limit <= max(64 << 10, 3 * len(request)) or limit == MAX_REQUEST_BYTES, "and not much more does"
    with pytest.raises(MessageTooLargeError) as caught:
        check(bytes(limit + 1))
    assert caught.value.metadata == {"field": "request", "limit": str(limit), "size": str(limit + 1)}


def test_what_is_too_large_is_refused_by_us_and_not_by_the_transport() -> None:
    assert max(bounds.max_bytes for bounds in BOUNDS.values()) == MAX_REQUEST_BYTES == MAX_MESSAGE_BYTES


def test_what_may_have_megabytes_has_its_elements_counted() -> None:
    large = {name for name, bounds in BOUNDS.items() if bounds.max_bytes > 512 << 10}
    one_text = {"CreateCrashLog", "UpdateCrashLog", "CreateBuildLog"}
    assert {name for name in large if BOUNDS[name].lists} == large - one_text == LISTS.keys()


@pytest.mark.parametrize("method", LISTS)
def test_as_many_elements_as_the_handler_takes_and_no_more(method: str) -> None:
    name, most = LISTS[method]
    check = check_of(method)
    check(elements(method, most))
    with pytest.raises(ListTooLargeError) as caught:
        check(elements(method, most + 1))
    assert caught.value.metadata == {"field": name, "limit": str(most)}


@pytest.mark.parametrize("method", LISTS)
@pytest.mark.parametrize(
    "before",
    [b"\xfb\x01\xfc\x01", b"\xf9\x01" + bytes(8), b"\xfd\x01" + bytes(4), b"\xf8\x01\x05", b"\xfa\x01\x02\0\0"],
)
def test_nothing_that_stands_before_elements_hides_them(method: str, before: bytes) -> None:
    with pytest.raises(ListTooLargeError):
        check_of(method)(before + elements(method, LISTS[method][1] + 1))


def test_a_tag_that_is_longer_than_it_has_to_be_counts() -> None:
    with pytest.raises(ListTooLargeError):
        check_of("SyncGitHubIssues")(b"\x8a\x00\x00" * 1_001)


def test_labels_are_counted_within_their_issues() -> None:
    issue = agent_service_pb2.SyncGitHubIssuesRequest(github_issues=[{"labels": [""] * 1_001}] * 100)
    with pytest.raises(ListTooLargeError) as caught:
        check_of("SyncGitHubIssues")(issue.SerializeToString())
    assert caught.value.metadata["field"] == "github_issues.labels"


def test_a_text_full_of_what_elements_begin_with_is_a_text() -> None:
    lines = backend_service_pb2.AppendBuildLogsRequest(entries=[{"content": '""""' * 250}] * 1_000)
    check_of("AppendBuildLogs")(lines.SerializeToString())
    issues: Any = [{"body": "\nB" * 120_000, "labels": ["a"] * 100}] * 30
    check_of("SyncGitHubIssues")(agent_service_pb2.SyncGitHubIssuesRequest(github_issues=issues).SerializeToString())


def test_fields_beside_the_elements_are_bounded_too() -> None:
    with pytest.raises(ListTooLargeError):
        check_of("AppendBuildLogs")(b"\x18\x22" * 4_000_000)


@given(st.binary(max_size=200), st.sampled_from(sorted(LISTS)))
def test_any_bytes_are_looked_at_to_their_end(data: bytes, method: str) -> None:
    check = check_of(method)
    check._count(data)
    check(data)
