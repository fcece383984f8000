"""A service is fuzzed, and looked over afterwards."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import grpc

from millstream.agents.v1.agent_service_pb2_grpc import AgentServiceStub
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream_service.store.upkeep.check import check
from tests.faults.service_process import ServiceProcess
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.rpcs import rpcs
from tests.fuzz.stock import fill

WARM_SECONDS = 15.0
"""What a service takes for its first calls, it keeps."""
MAX_GROWTH = 20 << 20
_SETTLE_SECONDS = 20.0
_MAX_FAULTS = 20


@dataclass
class Outcome:
    """What came of it: the answers by their code, the memory before and after in bytes, and what is wrong."""

    answers: Counter[str] = field(default_factory=Counter)
    memory: tuple[int, int] = (0, 0)
    faults: list[str] = field(default_factory=list)


async def fuzzed(service: ServiceProcess, seconds: float, seed: int) -> Outcome:
    """Fuzz a service that runs, and stop it."""
    outcome = Outcome()
    channels = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
    async with grpc.aio.insecure_channel(service.address, options=channels) as channel:
        found = await asyncio.to_thread(rpcs, service.address)
        await fill(BackendServiceStub(channel), AgentServiceStub(channel))
        await Fuzzer(channel, found, Random(seed).randrange(2**32)).run(min(WARM_SECONDS, seconds / 2))
        before = service.memory
        fuzzer = Fuzzer(channel, found, seed)
        await fuzzer.run(seconds)
    outcome.answers, outcome.faults = fuzzer.answers, fuzzer.faults[:_MAX_FAULTS]
    outcome.memory = (before, await _settled(service, before + MAX_GROWTH))
    if outcome.memory[1] > before + MAX_GROWTH:
        outcome.faults.append(f"the memory is not back: {before >> 20} MB before, {outcome.memory[1] >> 20} MB after")
    outcome.faults += _ended(service)
    return outcome


async def _settled(service: ServiceProcess, enough: int) -> int:
    """Return the memory of a service once it is down to what is enough, or after a while."""
    end = asyncio.get_running_loop().time() + _SETTLE_SECONDS
    while service.memory > enough and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.1)
    return service.memory


def _ended(service: ServiceProcess) -> list[str]:
    """Stop a service. Return what is wrong with its end, its log and its store."""
    service.terminate()
    code = service.wait(60)
    faults = [] if code == 0 else [f"the service ended with {code}"]
    if "Traceback" in service.errors:
        faults.append(f"the service's log has: {service.errors[-4_000:]}")
    return faults + check(service.database)
