"""What anybody sees who calls with nothing but HTTP: curl, a browser, a program that checks whether we are there."""

import base64
import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from google.protobuf.descriptor_pb2 import MethodOptions

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream_service import errors
from tests.rpc.transports.http1 import ask, connected
from tests.rpc.transports.served import APPEND, CREATE, GET, SERVICE, STREAM, Served, path_of

JSON = {"content-type": "application/json"}


def _url(message: bytes, **parameters: str) -> str:
    return f"{path_of(GET)}?{urlencode({'connect': 'v1', 'message': message} | parameters, quote_via=quote)}"


@pytest.mark.parametrize(
    ("message", "parameters"),
    [
        (b'{"id":"\xc3\xa4 b"}', {"encoding": "json"}),
        (pb.GetProjectRequest(id="ä b").SerializeToString(), {"encoding": "proto"}),
    ],
)
@pytest.mark.parametrize("in_base64", [False, True])
async def test_what_only_reads_may_be_got(
    served: Served, message: bytes, parameters: dict[str, str], in_base64: bool
) -> None:
    if in_base64:
        message = base64.urlsafe_b64encode(message).rstrip(b"=")
        parameters = parameters | {"base64": "1"}
    response = await ask(served.address, "GET", _url(message, **parameters))
    assert response.status == 200
    assert served.servicer.asked == [pb.GetProjectRequest(id="ä b")]


async def test_what_can_not_be_read_of_a_url_is_refused(served: Served) -> None:
    for url in (_url(b"x" * 5, base64="1", encoding="proto"), _url(b"\xff\xfe", encoding="proto"), _url(b"{")):
        assert (await ask(served.address, "GET", url)).status == 400, url
    unknown = await ask(served.address, "GET", _url(b"{}", encoding="xml"))
    assert (unknown.status, json.loads(unknown.body)["message"]) == (400, "encoding: must be json or proto")
    compressed = await ask(served.address, "GET", _url(b"{}", encoding="json", compression="br"))
    assert (compressed.status, json.loads(compressed.body)["code"]) == (501, "unimplemented")
    assert served.servicer.asked == []


async def test_what_writes_or_streams_is_posted_alone(served: Served) -> None:
    for method in SERVICE.methods:
        options: Any = method.GetOptions()
        reads = options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS
        for verb in ("PUT", "HEAD", "DELETE", "PATCH", *(() if reads else ("GET",))):
            response = await ask(served.address, verb, path_of(method), JSON)
            assert response.status == 405, (verb, method.name)
            assert response.headers["allow"] == ("GET, POST" if reads else "POST")
    assert served.servicer.asked == []


async def test_what_there_is_not_is_said(served: Served) -> None:
    for path in ("/", "/favicon.ico", "/millstream.builds.v1.BackendService/", "/a.B/C", "/%00", "//", "/..%2f"):
        for verb in ("GET", "POST", "HEAD"):
            assert (await ask(served.address, verb, path, JSON)).status == 404, (verb, path)


async def test_a_content_type_that_is_not_served_is_answered_with_those_that_are(served: Served) -> None:
    for method in (GET, STREAM, APPEND):
        for kind in ("", "text/plain", "application/grpc-web+json", "application/x", "application/json;x", "x" * 1_000):
            if (method, kind) == (GET, "application/json;x"):
                continue
            response = await ask(served.address, "POST", path_of(method), {"content-type": kind}, b"{}")
            assert response.status == 415, (method.name, kind)
            assert "application/" in response.headers["accept-post"]
    assert (await ask(served.address, "POST", path_of(GET), {"content-type": "application/grpc"})).status == 505
    utf8 = await ask(served.address, "POST", path_of(GET), {"content-type": "Application/JSON; charset=utf-8"}, b"{}")
    assert utf8.status == 200


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        (b'{"idd": "x"}', "request", 'has no field "idd"'),
        (b'{"project": {"nam\\n": 1}}', "project", 'has no field "nam\\n"'),
        (b'{"project": {"name": 1}}', "project.name", "can't be read"),
        (b'{"project": {"createdAt": "now"}}', "project.createdAt", "can't be read"),
        (b'{"project": {"name": "\\ud800"}}', "project.name", "can't be read"),
        (b'{"project": {}, "project": {}}', "request", "duplicate key project"),
        (b"{", "request", "line 1 column 2"),
        (b"[1]", "request", "is no CreateProjectRequest in JSON"),
        (b"null", "request", "is no CreateProjectRequest in JSON"),
        (b'"\xff"', "request", "is no CreateProjectRequest in JSON"),
        (b"[" * 60_000, "request", "is no CreateProjectRequest in JSON"),
        (b'{"project":' + b"1" * 6_000 + b"}", "request", "is no CreateProjectRequest in JSON"),
    ],
)
async def test_json_that_does_not_fit_is_refused_in_a_line_that_names_the_field(
    served: Served, body: bytes, field: str, text: str
) -> None:
    response = await ask(served.address, "POST", path_of(CREATE), JSON, body)
    assert response.status == 400
    error = json.loads(response.body)
    assert error["code"] == "invalid_argument"
    assert text in error["message"]
    assert "\n" not in error["message"]
    assert len(error["message"]) < 300
    violation = error["details"][1]["debug"]["fieldViolations"][0]
    assert violation["field"] == field
    assert served.servicer.asked == []


async def test_no_body_is_an_empty_request(served: Served) -> None:
    response = await ask(served.address, "POST", path_of(GET), JSON)
    assert (response.status, response.body) == (200, b'{"project":{}}')


async def test_a_connection_goes_on_after_errors(served: Served) -> None:
    async with connected(served.address) as connection:
        for _ in range(3):
            served.servicer.error = errors.NotFoundError("project", "p")
            assert (await connection.ask("POST", path_of(GET), JSON, b"{}")).status == 404
            assert (await connection.ask("POST", path_of(GET), JSON, b'{"x":1}')).status == 400
            assert (await connection.ask("PUT", path_of(GET), JSON, b'{"x":1}')).status == 405
            assert (await connection.ask("GET", "/none", {}, b"xyz")).status == 404
            assert (await connection.ask("HEAD", "/none", {})).status == 404
            assert (await connection.ask("POST", path_of(GET), {"content-type": "x/y"}, b"abc")).status == 415
            served.servicer.error = None
            assert (await connection.ask("POST", path_of(GET), JSON, b"{}")).status == 200


async def test_a_version_of_connect_that_is_not_ours_is_refused(served: Served) -> None:
    response = await ask(served.address, "POST", path_of(GET), JSON | {"connect-protocol-version": "2"}, b"{}")
    assert response.status == 400
    assert "connect-protocol-version" in response.body.decode()
