"""A request that is damaged is the client's fault, of whichever service it asks: never UNKNOWN, never in our log."""

from typing import Any

import grpc
import pytest

from tests.refusal import refused

HEALTH = "/grpc.health.v1.Health"


@pytest.mark.parametrize("data", [b"\xa6", b"\x0a\x03a", b"\x0a\x01\xff"])
async def test_health_says_so(channel: grpc.aio.Channel, caplog: pytest.LogCaptureFixture, data: bytes) -> None:
    raw: Any = channel
    assert (await refused(raw.unary_unary(f"{HEALTH}/Check")(data))).code == "INVALID_ARGUMENT"
    assert (await refused(raw.unary_stream(f"{HEALTH}/Watch")(data))).code == "INVALID_ARGUMENT"
    assert (await refused(raw.unary_unary(f"{HEALTH}/Check")(bytes(70_000)))).code == "RESOURCE_EXHAUSTED"
    assert caplog.text == ""
