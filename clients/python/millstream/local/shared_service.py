"""A service that commands of one user share, where none was started for them."""

import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from millstream.cli.shared.errors import NoServiceError, ServiceInTheWayError
from millstream.cli.shared.terminal import put_warning
from millstream.local.database import database_url
from millstream.local.extras import server_extra
from millstream.transport import user_socket
from millstream.transport.answering import answers

if TYPE_CHECKING:
    from millstream_service.embedded import EmbeddedService
    from millstream_service.security.keys import Secret

_PATIENCE = 5.0
"""So many seconds another process may have the socket without answering: it is starting, or about to end."""
_LOOK = 0.2
_DRAIN = 1.0
"""So many seconds clients of ours have to go elsewhere when we end: nobody shall wait for them."""


class SharedService:
    """A service for one database, at its socket: another process's as long as there is one, else one in this process.

    The cycle: entered -> something answers at the socket, or we serve there ourselves -> `_keep` looks every now and
    then; where nothing answers any more, we serve -> left. Clients see an interruption, and come back by themselves to
    the same address. Of several processes that wait, the one that takes the socket's lock serves. `_own` belongs to the
    thread of `_keep` as long as that runs, else to the one that enters and leaves.
    """

    def __init__(self, database: str | None, *, unlocked: bool = False, alone: bool = False) -> None:
        """`database` is a URL; None: the default one. `unlocked`: a service of ours opens the database's secrets.

        `alone`: it is not shared, but has a socket that nobody else knows.
        """
        self._database = database
        self._unlocked = unlocked
        try:
            meant = "sqlite://" if alone else database
            self.address = user_socket.find(meant) or f"unix:{user_socket.path_for(meant)}"
        except OSError as error:
            raise NoServiceError(str(error)) from error
        self._own: EmbeddedService | None = None
        self._left = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="millstream-keeper", daemon=True)

    def __enter__(self) -> Self:
        """Find it or start it. Raises NoServiceError, and what Service does on entering."""
        deadline = time.monotonic() + _PATIENCE
        while not (self._is_there() or self._serve(last=time.monotonic() > deadline)):
            time.sleep(_LOOK)
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the one in this process, if there is one."""
        self._left.set()
        self._keeper.join()
        if self._own is not None:
            self._own.__exit__()

    def _is_there(self) -> bool:
        return answers(self.address)

    def _serve(self, *, last: bool = False) -> bool:
        """Start a service here; False where another process has the socket; the `last` time that is an error."""
        with server_extra("no service answers, and none can be started here"):
            from millstream_service.config import Config
            from millstream_service.embedded import EmbeddedService
            from millstream_service.errors import CannotListenError
        config = Config(
            self.address,
            database=database_url(self._database),
            secret=self._secret(),
            drain_seconds=_DRAIN,
            transport="grpcio",  # its own client has loaded it
        )
        try:
            self._own = EmbeddedService(config).__enter__()
        except CannotListenError as error:
            if last:
                raise ServiceInTheWayError(
                    f"no service answers, and none can be started here: {error.message}"
                ) from error
        return self._own is not None

    def _secret(self) -> "Secret | None":
        from millstream_service.security import keys

        return keys.find() if self._unlocked else None

    def _keep(self) -> None:
        said = ""
        while not self._left.wait(_LOOK):
            if self._is_there():
                continue
            try:
                self._let_go()
                self._serve()
            except Exception as error:  # what it may be is the service's matter; clients learn that nobody is there
                if str(error) != said:
                    said = str(error)
                    put_warning(f"the service has ended, and none can be started here: {said}")

    def _let_go(self) -> None:
        own, self._own = self._own, None
        if own is not None:
            own.__exit__()
