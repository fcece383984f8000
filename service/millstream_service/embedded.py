"""A whole service on a thread of its own: for `millstream run` where none is running, and for tests."""

import asyncio
import threading
from contextlib import suppress
from typing import Self

from millstream_service.config import Config
from millstream_service.server import Service


class EmbeddedService:
    """A service as long as the block runs. Raises on entering what Service does.

    One that fails meanwhile has ended, and its clients find nobody; leaving the block then raises ServiceFailedError.
    `_ready` is set once `address` or `_error` is; `_stop` and `_loop` are then there for the thread that entered.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.address = ""
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="millstream-service", daemon=True)

    def __enter__(self) -> Self:
        """Start it and wait until it takes calls."""
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            self._thread.join()
            raise self._error
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it in an orderly way. Raises ServiceFailedError where it has ended by itself."""
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):  # its loop is closed: it has ended by itself
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._error = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        async with Service(self.config) as service:
            self.address = service.address
            self._ready.set()
            await service.until(self._stop)
