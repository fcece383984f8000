"""The ids of a long log: whole up to a limit, and what is new beyond it."""

import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.common.v1.position_pb2 import StreamOptions
from millstream_service.handlers.builds import streams
from tests.deadline import until
from tests.entities import add_build, append_texts
from tests.recorder import Recorder
from tests.refusal import Refusal
from tests.stubs import Backend

pytestmark = pytest.mark.dialects

Recorded = Recorder[pb.StreamBuildLogIdsResponse]


def ids_of(stub: Backend, *, append: bool = False) -> Recorded:
    options = StreamOptions(append=append)
    return Recorder(stub.StreamBuildLogIds(pb.StreamBuildLogIdsRequest(build_id="build", options=options)))


def says_what_to_do(refusal: Refusal | None) -> None:
    assert refusal is not None
    assert (refusal.code, refusal.reason, refusal.fields) == (
        "RESOURCE_EXHAUSTED",
        "LIST_TOO_LARGE",
        ("options.append",),
    )
    assert refusal.metadata["limit"] == "3"
    assert "set it" in refusal.message


async def test_whoever_does_not_take_what_is_new_is_told_to(stub: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_WHOLE_IDS", 3)
    await add_build(stub)
    await append_texts(stub, "a", "b", "c")
    async with ids_of(stub) as whole, ids_of(stub, append=True) as new:
        await until(lambda: bool(whole.messages and new.messages), "the list came")
        assert len(whole.messages[-1].build_log_ids) == 3
        await append_texts(stub, "d", first=4)
        await until(lambda: len(new.messages) == 2, "what is new came")
        assert list(new.messages[-1].build_log_ids) == ["build/4"]
        await until(lambda: whole.ended, "the other stream ended")
        says_what_to_do(whole.refusal)
    async with ids_of(stub) as whole:
        await until(lambda: whole.ended, "it was refused")
        says_what_to_do(whole.refusal)
        assert whole.messages == []
