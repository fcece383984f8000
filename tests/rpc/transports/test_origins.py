"""Pages of others may not call, in no protocol and by no name. Those of the web origins may."""

from collections.abc import AsyncIterator

import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from tests.rpc.transports.http1 import ask
from tests.rpc.transports.protocols import OVER_HTTP1, PROTOCOLS, Protocol
from tests.rpc.transports.served import CREATE, GET, STREAM, Served, path_of, serving

OURS, THEIRS = "https://builds.example.com", "https://evil.example.com"
REQUEST = pb.GetProjectRequest(id="p")
SHARED = "access-control-allow-origin"


@pytest.fixture
async def open_to_pages() -> AsyncIterator[Served]:
    async with serving([OURS]) as served:
        yield served


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=repr)
async def test_pages_of_others_are_refused(open_to_pages: Served, protocol: Protocol) -> None:
    for origin in (THEIRS, "null", "", OURS.replace("https", "http"), OURS + ":8443", OURS + ".evil.com", "x" * 500):
        for method in (GET, STREAM):
            if not origin and protocol.name != "grpc":
                continue  # no header is sent
            outcome = await protocol.call(open_to_pages.address, method, REQUEST, headers={"origin": origin})
            assert outcome.code in {"HTTP 403", "PERMISSION_DENIED"}, origin
            assert SHARED not in outcome.headers
    assert open_to_pages.servicer.asked == []


@pytest.mark.parametrize("protocol", OVER_HTTP1, ids=repr)
async def test_pages_of_a_web_origin_may_call(open_to_pages: Served, protocol: Protocol) -> None:
    for origin in (OURS, OURS.upper()):
        outcome = await protocol.call(open_to_pages.address, GET, REQUEST, headers={"origin": origin})
        assert outcome.code == "OK"
        assert outcome.headers[SHARED] == origin
        assert "grpc-status" in outcome.headers["access-control-expose-headers"]
        assert outcome.headers["vary"] == "origin"


async def test_no_page_may_call_where_there_is_no_web_origin(served: Served) -> None:
    for protocol in OVER_HTTP1:
        outcome = await protocol.call(served.address, GET, REQUEST, headers={"origin": OURS})
        assert outcome.code == "HTTP 403"
        own = await protocol.call(served.address, GET, REQUEST, headers={"origin": "http://localhost"})
        assert own.code == "OK", "it comes from this very service"


async def test_a_browser_that_asks_first_is_told(open_to_pages: Served) -> None:
    asking = {"origin": OURS, "access-control-request-method": "POST", "access-control-request-headers": "x-grpc-web"}
    told = await ask(open_to_pages.address, "OPTIONS", path_of(CREATE), asking)
    assert told.status == 204
    assert told.headers[SHARED] == OURS
    assert told.headers["access-control-allow-methods"] == "POST"
    assert {"content-type", "x-grpc-web", "grpc-timeout", "authorization"} <= {
        *told.headers["access-control-allow-headers"].split(", ")
    }
    assert int(told.headers["access-control-max-age"]) > 0
    reading = await ask(open_to_pages.address, "OPTIONS", path_of(GET), asking)
    assert reading.headers["access-control-allow-methods"] == "GET, POST"


async def test_a_browser_that_asks_for_others_is_told_nothing(open_to_pages: Served) -> None:
    asking = {"origin": THEIRS, "access-control-request-method": "POST"}
    told = await ask(open_to_pages.address, "OPTIONS", path_of(GET), asking)
    assert told.status == 403
    assert not any(name.startswith("access-control") for name in told.headers)
    assert (await ask(open_to_pages.address, "OPTIONS", path_of(GET))).status == 405


async def test_none_is_ever_open_to_all(open_to_pages: Served) -> None:
    for origin in ("*", OURS, THEIRS):
        for verb in ("OPTIONS", "POST", "GET"):
            response = await ask(open_to_pages.address, verb, path_of(GET), {"origin": origin})
            assert response.headers.get(SHARED, OURS) == OURS
            assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:1", 200),
        ("LocalHost", 200),
        ("a.localhost", 200),
        ("127.0.0.1:50051", 200),
        ("[::1]:50051", 200),
        ("192.168.7.9", 200),
        ("builds.example.com", 200),
        ("builds.example.com:443", 200),
        ("evil.example.com", 421),
        ("localhost.evil.com", 421),
        ("127.0.0.1.evil.com", 421),
        ("[::1", 421),
        ("1", 421),
        ("evil.com:80@localhost", 421),
    ],
)
async def test_a_name_of_others_for_us_is_refused(open_to_pages: Served, host: str, status: int) -> None:
    headers = {"host": host, "content-type": "application/json"}
    response = await ask(open_to_pages.address, "POST", path_of(GET), headers, b"{}")
    assert response.status in ({status} if status == 200 else {400, 421}), response.body
    assert len(open_to_pages.servicer.asked) == (status == 200)
