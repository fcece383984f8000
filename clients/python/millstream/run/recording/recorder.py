"""The recorder: the process that sends a build to a service while its command runs.

The cycle: find a service, or start one here -> send the journal as it grows, starting over when something breaks ->
the command ends -> all of it is acknowledged, or it has come no further for as long as the request says -> say what
became of it, and end once what earlier runs left is sent, too, or comes no further. Beside it, each a task of its own:
what earlier runs left is sent, the build is watched for someone who cancels it, the pass-through hears each second
that we are alive, and git is asked about the folder. Our build comes first: what was left gets on while nothing of ours
waits. One event loop owns everything.
"""

import asyncio
import contextlib
import os
import shutil
import signal
from pathlib import Path

from millstream import AsyncClient, RetryPolicy
from millstream.builds.v1.build_pb2 import BUILD_STATUS_CANCELLED
from millstream.cli.shared.errors import NoServiceError, ServiceInTheWayError
from millstream.errors import MillstreamError
from millstream.local.reaching import reach
from millstream.run.facts.facts import Facts, find
from millstream.run.recording.delivery import Delivery
from millstream.run.recording.leftovers import send_leftovers, settle
from millstream.run.recording.patience import Progress, wait_until_hopeless
from millstream.run.recording.wake import Pipe, Wake
from millstream.run.spool.link import Message
from millstream.run.spool.spool import Spool

# The build comes first: what we do for it should cost it little.
_NICENESS = 5
_HEARTBEAT = 1.0
_PAUSE = 0.5
_LONGEST_PAUSE = 4.0
_RETRY = RetryPolicy(max_stream_delay=1.0)


class Recorder:
    """Records one build."""

    def __init__(self, spool: Spool, wake: Wake, pipe: Pipe) -> None:
        self._spool = spool
        self._request = spool.request
        self._wake = wake
        self._pipe = pipe
        self._created = asyncio.Event()
        self._delivery: Delivery | None = None
        self._facts: asyncio.Task[Facts] | None = None
        self._failure = ""
        self._outcome: Message | None = None

    async def run(self) -> Message:
        """Record it, and return the outcome."""
        sending = asyncio.create_task(self._send(), name="sending")
        patience = asyncio.create_task(self._wait_until_hopeless(), name="patience")
        heartbeat = asyncio.create_task(self._beat(), name="heartbeat")
        self._facts = asyncio.create_task(self._find_facts(), name="facts")
        try:
            await asyncio.wait({sending, patience}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                return sending.result()
            return self._outcome or {"kept": self._failure or self._silence()}
        except NoServiceError as error:
            return {"kept": str(error)}
        finally:
            beside = {sending, patience, heartbeat, self._facts}
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)

    async def _find_facts(self) -> Facts:
        return await asyncio.to_thread(find, self._request, self._spool.facts)

    async def _send(self) -> Message:
        while True:
            try:
                async with reach(self._request.destination) as address, AsyncClient(address, retry=_RETRY) as client:
                    return await self._send_to(client)
            except ServiceInTheWayError as error:
                self._failure = str(error)
            except NoServiceError:
                if self._wake.ended.is_set():
                    raise
            # One may be started while the command runs.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.ended.wait(), _HEARTBEAT)

    async def _send_to(self, client: AsyncClient) -> Message:
        beside: list[asyncio.Task[None]] = [
            asyncio.create_task(self._watch_for_cancellation(client), name="watch"),
            asyncio.create_task(self._send_leftovers(client), name="leftovers"),
        ]
        try:
            self._outcome = outcome = await self._send_own(client)
            self._pipe.say(outcome)
            self._wake.idle.set()
            await asyncio.wait(beside[1:])  # What earlier runs left: as long as it comes further.
            return outcome
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)

    async def _send_own(self, client: AsyncClient) -> Message:
        pause = _PAUSE
        while True:
            self._delivery = Delivery(self._spool, client, self._wake, self._created, facts=self._facts)
            try:
                return await settle(self._delivery, self._spool)
            except MillstreamError as error:
                self._note(error)
            self._wake.idle.set()
            await asyncio.sleep(pause)
            self._wake.idle.clear()
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _note(self, error: MillstreamError) -> None:
        if str(error) != self._failure:
            self._failure = str(error)
            self._spool.warn(f"starting over: {error!r}")

    async def _send_leftovers(self, client: AsyncClient) -> None:
        await self._created.wait()
        await send_leftovers(self._spool.folder.parent, self._request.destination, client, self._wake.idle)

    async def _watch_for_cancellation(self, client: AsyncClient) -> None:
        await self._created.wait()
        while True:
            with contextlib.suppress(MillstreamError):
                async for build in client.builds.watch_build(self._request.build_id):
                    if build is not None and build.status == BUILD_STATUS_CANCELLED:
                        self._pipe.say({"cancel": True})
            await asyncio.sleep(_PAUSE)

    async def _wait_until_hopeless(self) -> None:
        """Wait until the command has ended and our build comes no further."""
        await self._wake.ended.wait()
        await wait_until_hopeless(self._progress, self._request.wait, is_held_up=lambda: self._outcome is not None)

    def _progress(self) -> Progress:
        return (0, 0) if self._delivery is None else self._delivery.progress

    async def _beat(self) -> None:
        while True:
            self._pipe.say({"alive": True})
            await asyncio.sleep(_HEARTBEAT)

    def _silence(self) -> str:
        where = self._request.destination.address or "the service"
        return f"{where} did not answer in time"


async def record(folder: Path, lock: int, wake: int, pipe: int) -> None:
    """Record the build of this spool folder; the descriptors come from the pass-through."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with Spool.adopt(folder, lock) as spool:
        to_parent = Pipe(pipe)
        with contextlib.suppress(asyncio.CancelledError):
            to_parent.say(await Recorder(spool, Wake(wake), to_parent).run())


def main(arguments: list[str]) -> None:
    """Run as a process: `SPOOL-FOLDER LOCK WAKE PIPE`, the last three numbers of descriptors."""
    folder, (lock, wake, pipe) = Path(arguments[0]), map(int, arguments[1:])
    os.nice(_NICENESS)
    if not os.read(wake, 1):  # the pass-through has ended before the build was described
        shutil.rmtree(folder.with_name(f".{folder.name}"), ignore_errors=True)
        return
    asyncio.run(record(folder, lock, wake, pipe))
    os.close(pipe)  # all is done: what Python does before it ends is not waited for
