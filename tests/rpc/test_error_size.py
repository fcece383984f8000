"""An error is as small as every client takes, whatever it is about: of 8 KiB of trailers, some are not ours."""

import base64
import inspect
import typing
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st

from millstream.agents.v1 import agent_service_pb2 as agents_pb
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream_service import errors
from millstream_service.rpc.status import shorten, trailers_of
from tests.refusal import refused
from tests.stubs import Agents, Backend

HOSTILE = ["\N{GRINNING FACE}" * 100_000, "%" * 100_000, "\x01\n" * 50_000, "x" * 100_000, "\u0800" * 100_000]
NUMBERS: dict[Any, Any] = {int: 2**63 - 1, float: 1e300, "datetime": None}
EMOJI = "\N{GRINNING FACE}" * 255


def kinds(kind: type[errors.MillstreamServiceError] = errors.MillstreamServiceError) -> Iterator[type[Any]]:
    """Yield the classes of errors that have a code."""
    for one in kind.__subclasses__():
        if hasattr(one, "code"):
            yield one
        yield from kinds(one)


def made(kind: type[Any], text: str) -> Any:
    """Return an error with such a text wherever it takes one."""
    signature = inspect.signature(kind.__init__, eval_str=True)
    parameters = [one for one in list(signature.parameters.values())[1:] if one.kind is not one.VAR_KEYWORD]
    given = [_value(kind, one, text) for one in parameters]
    extra = {"field": text, "path": text} if kind.__init__ is errors.MillstreamServiceError.__init__ else {}
    return kind(*given, **extra)


def _value(kind: type[Any], parameter: inspect.Parameter, text: str) -> Any:
    if kind is errors.LogExpiredError and parameter.name == "expired_at":
        return 9 * 10**18
    if parameter.name == "resource":
        return "github_issue"  # ours, not the client's
    types = typing.get_args(parameter.annotation) or (parameter.annotation,)
    if str in types:
        return text
    number = next((NUMBERS[one] for one in types if one in NUMBERS), None)
    return RuntimeError(text) if number is None else number


def on_the_wire(message: str, data: bytes) -> int:
    """Return how many bytes a text and its details are in HTTP/2's trailers."""
    assert len(data) > 0
    printable = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")
    return len(quote(message, safe=printable)) + len(base64.b64encode(data))


@pytest.mark.parametrize("text", HOSTILE, ids=["emoji", "percent", "control", "ascii", "three bytes"])
@pytest.mark.parametrize("kind", dict.fromkeys(kinds()), ids=lambda kind: kind.__name__)
def test_every_error_stays_under_4_kib(kind: type[Any], text: str) -> None:
    error = made(kind, text)
    if not getattr(error, "reason", None):
        error.reason = "VALIDATION_FAILED"
    message, data = trailers_of(error)
    assert on_the_wire(message, data) < 4 << 10
    status = Status.FromString(data)
    assert status.message == message
    info = ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.reason == error.reason
    assert info.metadata.keys() == error.metadata.keys(), "values are cut, none is left out"


class ManyViolationsError(errors.ValidationFailedError):
    """Everything is wrong with it."""

    @property
    def violations(self) -> tuple[tuple[str, str], ...]:
        return (("field", HOSTILE[0]),) * 1_000


def test_so_does_one_with_many_fields_at_fault() -> None:
    message, data = trailers_of(ManyViolationsError("field", HOSTILE[0]))
    assert on_the_wire(message, data) < 4 << 10
    bad = BadRequest()
    assert Status.FromString(data).details[1].Unpack(bad)
    assert 1 <= len(bad.field_violations) < 1_000


@given(st.text(max_size=2_000), st.text(max_size=300))
def test_any_text_fits(text: str, key: str) -> None:
    for error in (errors.ValidationFailedError(key, text), errors.NotFoundError("build", text)):
        assert on_the_wire(*trailers_of(error)) < 4 << 10


@given(st.text(max_size=100), st.integers(8, 500))
def test_what_is_cut_is_a_beginning_and_says_that_it_is_cut(text: str, most: int) -> None:
    cut = shorten(text, most)
    assert len(cut.encode()) <= most
    assert cut == text if len(text.encode()) <= most else cut.endswith("…") and text.startswith(cut[:-1])


def test_an_id_of_255_plain_characters_is_not_cut() -> None:
    error = errors.NotFoundError("build", "x" * 255)
    message, data = trailers_of(error)
    info = ErrorInfo()
    Status.FromString(data).details[0].Unpack(info)
    assert (message, dict(info.metadata)) == (error.message, error.metadata)


async def test_what_a_client_gets_has_its_reason(stub: Backend, agents: Agents) -> None:
    assert (await refused(stub.GetBuild(pb.GetBuildRequest(id=EMOJI)))).reason == "BUILD_NOT_FOUND"
    regex = pb.SearchBuildLogsRequest(build_id="b", query="(" + EMOJI, regex=True)
    assert (await refused(stub.SearchBuildLogs(regex))).reason in {"INVALID_REGEX", "BUILD_NOT_FOUND"}
    mask = pb.UpdateBuildRequest(build={"id": "b"}, update_mask={"paths": ["\N{GRINNING FACE}" * 3_000]})
    assert (await refused(stub.UpdateBuild(mask))).reason == "INVALID_UPDATE_MASK"
    config = agents_pb.GetConfigRequest(key=EMOJI)
    assert (await refused(agents.GetConfig(config))).reason == "CONFIG_NOT_FOUND"
