"""What handlers work with."""

import asyncio
from dataclasses import dataclass

from millstream_service.reactive.observatory import Observatory
from millstream_service.reactive.regions import Regions
from millstream_service.store.database import Database
from millstream_service.store.merging import Merger
from millstream_service.store.writer import Writer
from millstream_service.tokens import TokenMint
from millstream_service.vault import Vault


@dataclass(frozen=True)
class Parts:
    """The parts of a running service. `draining` is set once it is about to stop."""

    database: Database
    writer: Writer
    merger: Merger
    regions: Regions
    observatory: Observatory
    mint: TokenMint
    vault: Vault
    draining: asyncio.Event
