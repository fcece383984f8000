"""What handlers work with, and what each of them is."""

import asyncio
from dataclasses import dataclass

from millstream_service.handlers.shared.page_budget import PageBudget
from millstream_service.reactive.observatory import Observatory
from millstream_service.reactive.regions import Regions
from millstream_service.security.tokens import TokenSigner
from millstream_service.security.vault import Vault
from millstream_service.store.database.database import Database
from millstream_service.store.entities.purging import Purger
from millstream_service.store.logs.merging import Merger
from millstream_service.store.writing.writer import Writer


@dataclass(frozen=True)
class Dependencies:
    """The parts of a running service. `draining` is set once it is about to stop.

    `secrets_over_tcp`: whether those who call over TCP may read and replace what is encrypted.
    """

    database: Database
    writer: Writer
    merger: Merger
    purger: Purger
    regions: Regions
    observatory: Observatory
    signer: TokenSigner
    vault: Vault
    max_review_rounds: int
    secrets_over_tcp: bool
    page_budget: PageBudget
    draining: asyncio.Event


class Handler:
    """Answers some RPCs of a service."""

    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies
