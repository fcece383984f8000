"""Makes calls that nobody means, many at once, and notes those that are not answered as they should be.

The cycle: each worker has a source of chance of its own, made from the seed, so that what it sends is the same each
time; how the calls of several workers fall together is not.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import Any

import grpc

from tests.deadline import patience
from tests.fuzz.mutations import damaged
from tests.fuzz.rpcs import Rpc
from tests.fuzz.values import message

WORKERS = 8
ANSWER_SECONDS = 30.0
_SILENCE_SECONDS = 0.05
"""A stream may have nothing to say for as long as it lasts."""
_MAX_MESSAGES = 3
_CUT_SHORT = "Internal error from Core"
"""What grpc's client says, in place of the status, where a stream was ended by the service while it still sent."""
FAULTS = {"INTERNAL", "UNKNOWN", "DATA_LOSS", "UNIMPLEMENTED", "DEADLINE_EXCEEDED", "CANCELLED", "ABORTED"}
"""What no request may be answered with."""


class Fuzzer:
    """Fuzzes the RPCs of one service over a channel. `faults` are the calls that went wrong, `answers` counts all."""

    def __init__(self, channel: grpc.aio.Channel, rpcs: Sequence[Rpc], seed: int) -> None:
        self._channel: Any = channel
        self._rpcs = rpcs
        self._seed = seed
        self.answers: Counter[str] = Counter()
        self.faults: list[str] = []

    async def run(self, seconds: float) -> None:
        """Make calls for this time: of each worker every RPC in turn, in an order of its own."""
        end = asyncio.get_running_loop().time() + seconds
        await asyncio.gather(*(self._work(Random(f"{self._seed}/{worker}"), end) for worker in range(WORKERS)))

    async def _work(self, random: Random, end: float) -> None:
        rest: list[Rpc] = []
        while asyncio.get_running_loop().time() < end:
            rest = rest or random.sample(self._rpcs, len(self._rpcs))
            await self._call(random, rest.pop())

    async def _call(self, random: Random, rpc: Rpc) -> None:
        requests = [_request(random, rpc) for _ in range(random.choice([1, 1, 2, 5]) if rpc.takes_stream else 1)]
        impatient = random.random() < 0.05
        try:
            async with asyncio.timeout(patience(ANSWER_SECONDS)):
                code, text = await self._answer(rpc, requests, impatient=impatient)
        except TimeoutError:
            code, text = "no answer", ""
        self.answers[code] += 1
        if code in FAULTS or code == "no answer":
            sent = " ".join(request[:500].hex() for request in requests)
            self.faults.append(f"{code} {text}: {rpc.path} {sent}")

    async def _answer(self, rpc: Rpc, requests: list[bytes], *, impatient: bool) -> tuple[str, str]:
        """Make a call and return the name of its status, or what else it came to, and the text of an error."""
        call = self._begun(rpc, requests)
        try:
            if impatient:
                await asyncio.sleep(0)
                return "left", ""
            await (_some(call) if rpc.gives_stream else call)
        except grpc.aio.AioRpcError as error:
            if error.details() == _CUT_SHORT:
                return "cut short", ""
            return error.code().name, error.details() or ""
        finally:
            call.cancel()
        return "OK", ""

    def _begun(self, rpc: Rpc, requests: list[bytes]) -> Any:
        if rpc.takes_stream and rpc.gives_stream:
            return self._channel.stream_stream(rpc.path)(_each(requests))
        if rpc.takes_stream:
            return self._channel.stream_unary(rpc.path)(_each(requests))
        make = self._channel.unary_stream if rpc.gives_stream else self._channel.unary_unary
        return make(rpc.path)(requests[0])


async def _each(requests: list[bytes]) -> AsyncIterator[bytes]:
    for request in requests:
        yield request


async def _some(call: Any) -> None:
    """Read a few messages, as long as some come."""
    for _ in range(_MAX_MESSAGES):
        reading = asyncio.ensure_future(call.read())
        done, _ = await asyncio.wait([reading], timeout=_SILENCE_SECONDS)
        if not done:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            return
        if reading.result() is grpc.aio.EOF:
            return


def _request(random: Random, rpc: Rpc) -> bytes:
    data = message(random, rpc.request).SerializePartialToString()
    return damaged(random, data) if random.random() < 0.3 else data
