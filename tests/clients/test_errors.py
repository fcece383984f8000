"""Every reason of the protos has its exception, under the group of its code; what comes over the wire is kept."""

import copy
import pickle
import re
from pathlib import Path

import grpc
import pytest

from millstream import AsyncClient, errors
from millstream.common.v1.error_reason_pb2 import ErrorReason
from millstream.errors import BY_CODE, BY_REASON, FieldViolation, MillstreamError
from tests.clients.scripted_service import ScriptedService, failure

PROTO = Path(__file__).parents[2] / "protos/millstream/common/v1/error_reason.proto"


def reasons_by_code() -> dict[str, grpc.StatusCode]:
    """Read the proto: a comment that is a status code stands above the reasons of that code."""
    code, found = grpc.StatusCode.UNKNOWN, {}
    for line in PROTO.read_text().splitlines():
        if heading := re.match(r"  // ([A-Z_]{5,})(:.*)?$", line):
            code = grpc.StatusCode[heading[1]]
        elif reason := re.match(r"  ERROR_REASON_(\w+) = [1-9]", line):
            found[reason[1]] = code
    return found


def test_every_reason_has_its_exception() -> None:
    reasons = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()} - {"UNSPECIFIED"}  # noqa: SIM118 - not a dict
    assert set(BY_REASON) == reasons


@pytest.mark.parametrize(("reason", "code"), reasons_by_code().items())
def test_an_exception_stands_in_the_group_of_its_code(reason: str, code: grpc.StatusCode) -> None:
    kind = BY_REASON[reason]
    assert issubclass(kind, BY_CODE[code])
    assert kind.code is code
    assert kind.__name__.lower() == reason.replace("_", "").lower() + "error"


def test_the_proto_was_read_whole() -> None:
    assert set(reasons_by_code()) == set(BY_REASON)


def test_the_tree_at_the_top_is_the_tree() -> None:
    parents, tree = ["MillstreamError"], set()
    for bars, name in re.findall(r"^    ((?:│   )*)[├└]── (\w+)$", errors.__doc__ or "", re.MULTILINE):
        depth = len(bars) // 4
        parents[depth + 1 :] = [name]
        tree.add((name, parents[depth]))
    assert tree == {
        (kind.__name__, kind.__mro__[1].__name__)
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, MillstreamError) and kind is not MillstreamError
    }


@pytest.mark.parametrize("kind", [MillstreamError, *BY_REASON.values()])
def test_an_exception_survives_copying_and_pickling(kind: type[MillstreamError]) -> None:
    error = kind("text", metadata={"id": "1"}, field_violations=[FieldViolation("a", "b")], retry_delay=2.0)
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 - our own bytes
        assert type(twin) is kind
        assert vars(twin) == vars(error)
        assert str(twin) == "text"


async def test_all_details_of_an_error_arrive(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script(
        "GetBuild",
        failure(
            grpc.StatusCode.INVALID_ARGUMENT,
            "VALIDATION_FAILED",
            "build.progress must be between 0 and 1",
            metadata={"field": "build.progress"},
            violations={"build.progress": "must be between 0 and 1"},
            retry_delay=1.5,
        ),
    )
    with pytest.raises(errors.ValidationFailedError, match="between 0 and 1") as caught:
        await client.builds.get_build("x")
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.reason == "VALIDATION_FAILED"
    assert caught.value.metadata == {"field": "build.progress"}
    assert caught.value.field_violations == (("build.progress", "must be between 0 and 1"),)
    assert caught.value.retry_delay == 1.5


async def test_an_unknown_reason_raises_its_group(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("GetBuild", failure(grpc.StatusCode.NOT_FOUND, "TOOTH_NOT_FOUND"))
    with pytest.raises(errors.NotFoundError) as caught:
        await client.builds.get_build("x")
    assert type(caught.value) is errors.NotFoundError
    assert caught.value.reason == "TOOTH_NOT_FOUND"


async def test_an_error_without_details_raises_its_group(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("GetBuild", failure(grpc.StatusCode.UNIMPLEMENTED, message=""))
    with pytest.raises(errors.UnimplementedError, match="Unimplemented") as caught:
        await client.builds.get_build("x")
    assert caught.value.reason == ""


async def test_a_code_without_a_group_raises_the_root(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script("GetBuild", failure(grpc.StatusCode.ABORTED, message="no"))
    with pytest.raises(MillstreamError, match="no") as caught:
        await client.builds.get_build("x")
    assert type(caught.value) is MillstreamError
    assert caught.value.code is grpc.StatusCode.ABORTED
