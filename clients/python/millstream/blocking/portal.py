"""The way from blocking code to the asynchronous client: an event loop on a thread of its own."""

import asyncio
import concurrent.futures
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

from millstream.errors import ClientClosedError

T = TypeVar("T")
_PASSED_ON = "PollerCompletionQueue._handle_events"


class Portal:
    """An event loop on a daemon thread.

    Cycle: not started -> the first `run` starts the thread -> `stop` cancels what still runs and joins it, for good.
    `_lock` guards starting and stopping; the loop guards the rest.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a collector that runs while it is held may close a generator, which posts
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False

    @property
    def is_here(self) -> bool:
        """Whether this code runs on the portal's own thread, where waiting for the portal would never end."""
        return self._thread is threading.current_thread()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and wait for its result. Interrupted (Ctrl-C), it is cancelled."""
        future = self._submit(coroutine)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise ClientClosedError("the client was closed during the call") from None
        except BaseException:
            future.cancel()
            raise

    def post(self, callback: Callable[[], object]) -> None:
        """Call a function on the loop soon, where there is a loop: not before the first call, nor after `stop`."""
        with self._lock:
            if self._loop is not None and not self._stopped:
                self._loop.call_soon_threadsafe(callback)

    def iterate(self, source: AsyncGenerator[T, None], ahead: int = 0) -> Generator[T, None, None]:
        """Yield what an asynchronous generator yields. Closing this one closes it, at once.

        It is read `ahead` elements ahead of its consumer: none for values that should be the newest when they are
        asked for.
        """
        bridge = Bridge(self, source, ahead)
        bridge.open()
        try:
            while bridge.wait():
                yield from bridge.take()
        finally:
            bridge.close()

    def call(self, callback: Callable[[], object]) -> None:
        """Call a function on the loop soon, without waiting for it. Raises ClientClosedError after `stop`."""
        with self._lock:
            self._start().call_soon_threadsafe(callback)

    def close_after(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a last coroutine, if anything was ever run, then stop."""
        with self._lock:
            is_running = self._loop is not None and not self._stopped
        if is_running and not self.is_here:
            self.run(last())
        self.stop()

    def stop(self) -> None:
        """Cancel all that runs, end the loop and join its thread. May be called more than once."""
        with self._lock:
            is_first, self._stopped = not self._stopped, True
            if is_first and self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread is not None and not self.is_here:
            self._thread.join()

    def _submit(self, coroutine: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        try:
            with self._lock:
                return asyncio.run_coroutine_threadsafe(coroutine, self._start())
        except BaseException:
            coroutine.close()
            raise

    def _start(self) -> asyncio.AbstractEventLoop:
        if self.is_here:
            raise RuntimeError("the blocking client can't be used on its own event loop thread")
        if self._stopped:
            raise ClientClosedError("the client is closed")
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._loop.set_exception_handler(_report)
            self._thread = threading.Thread(target=_serve, args=[self._loop], name="millstream client", daemon=True)
            self._thread.start()
        return self._loop


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report what went wrong in a callback, as usual, unless it is this.

    gRPC hands the events of all loops of a process to any of them, to be passed on. The last events of a call may come
    after its client was closed, and its loop with it: then nobody waits for them.
    """
    of_a_closed_client = isinstance(context.get("exception"), RuntimeError) and _PASSED_ON in context["message"]
    if not of_a_closed_client:
        loop.default_exception_handler(context)


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        _cancel_all(loop)
    finally:
        loop.close()


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())


class Bridge(Generic[T]):
    """Elements on their way from the loop to one blocking consumer.

    Cycle: `open` starts the pump, a task on the loop -> the consumer waits, and so asks for more -> the pump reads the
    source while the consumer waits, or less than `ahead` elements lie ready -> the consumer takes all that is ready ->
    the source ends or fails, or the consumer closes. `_condition` guards all fields but `_go` and `_pumping`, which
    belong to the loop.
    """

    def __init__(self, portal: Portal, source: AsyncGenerator[T, None], ahead: int) -> None:
        self._portal = portal
        self._source = source
        self._ahead = ahead
        self._condition = threading.Condition()
        self._ready: deque[T] = deque()
        self._waiting = False
        self._ended = False
        self._error: BaseException | None = None
        self._go = asyncio.Event()
        self._pumping: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to read. Raises ClientClosedError."""
        self._portal.call(self._start)

    def wait(self) -> bool:
        """Wait until something is ready. Returns False at the end; raises what the source raised."""
        with self._condition:
            if not self._ready and not self._ended:
                self._waiting = True
                self._portal.post(self._go.set)
                self._condition.wait_for(lambda: self._ready or self._ended)
                self._waiting = False
            if not self._ready and self._error is not None:
                raise self._error
            return bool(self._ready)

    def take(self) -> deque[T]:
        """Return all that is ready."""
        with self._condition:
            taken, self._ready = self._ready, deque()
        if self._ahead:
            self._portal.post(self._go.set)
        return taken

    def close(self) -> None:
        """Cancel the reading and close the source, at once but without waiting for it.

        A generator may be closed by the garbage collector, on any thread, in the middle of anything: were it to wait
        for the loop, and the loop for what that thread holds, both would wait forever.
        """
        self._portal.post(self._cancel)

    def _start(self) -> None:
        self._pumping = asyncio.create_task(self._pump(), name="millstream bridge")
        # Not at the end of the pump: a task that is cancelled before its first step never gets there.
        self._pumping.add_done_callback(self._end)

    def _cancel(self) -> None:
        if self._pumping is not None:
            self._pumping.cancel()

    async def _pump(self) -> None:
        try:
            while True:
                await self._wait_until_wanted()
                self._put(await anext(self._source))
        except StopAsyncIteration:
            return
        finally:
            await self._source.aclose()

    async def _wait_until_wanted(self) -> None:
        while not self._is_wanted():
            self._go.clear()
            await self._go.wait()

    def _is_wanted(self) -> bool:
        with self._condition:
            return self._waiting or len(self._ready) < self._ahead

    def _put(self, element: T) -> None:
        with self._condition:
            self._ready.append(element)
            self._waiting = False
            self._condition.notify()

    def _end(self, task: asyncio.Task[None]) -> None:
        with self._condition:
            if task.cancelled():
                self._error = ClientClosedError("the client was closed while this was read")
            else:
                self._error = task.exception()
            self._ended = True
            self._condition.notify_all()
