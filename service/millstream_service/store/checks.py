"""What domains have `db check` look at, beside what holds for all resources: each in a file `checks`."""

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from millstream_service.store.agents import checks as agent_checks
from millstream_service.store.builds import checks as build_checks

Check = Callable[[Connection], Iterable[str]]
"""Yields what is wrong with a store."""

CHECKS: tuple[Check, ...] = (*build_checks.CHECKS, *agent_checks.CHECKS)
