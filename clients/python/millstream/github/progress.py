"""How far the issues of a repository are synced: kept in the configuration, in the open, an entry a repository."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, Self

from millstream.github.repository import Repository

if TYPE_CHECKING:
    from millstream import Client


class SyncProgress(NamedTuple):
    """What a sync begins with. `since`: when the newest change that is stored happened; None: store everything.

    `etag`: what GitHub's list of changes from `since` on was when it was last read; empty: not known.
    """

    since: datetime | None = None
    etag: str = ""

    @classmethod
    def load(cls, client: "Client", repository: Repository, api_url: str) -> Self:
        """Return what was saved for this repository of this API; the beginning where nothing usable was."""
        from millstream.errors import ConfigNotFoundError

        try:
            saved = json.loads(client.agents.get_config(_key(repository)).value)
            if saved["api_url"] == api_url:
                return cls(datetime.fromisoformat(saved["since"]).astimezone(UTC), str(saved["etag"]))
        except (ConfigNotFoundError, ValueError, TypeError, KeyError):
            pass
        return cls()

    def save(self, client: "Client", repository: Repository, api_url: str) -> None:
        """Keep it, if there is anything to keep."""
        if self.since is not None:
            saved = {"api_url": api_url, "since": self.since.isoformat(), "etag": self.etag}
            client.agents.set_config(_key(repository), json.dumps(saved))


def _key(repository: Repository) -> str:
    return f"github.sync.{repository}".lower()
