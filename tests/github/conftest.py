"""A GitHub of the test's own, and times to tell its issues' changes by."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.github.server import FakeGitHub

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(minutes: int) -> datetime:
    """Return a time, so many minutes after the first one."""
    return START + timedelta(minutes=minutes)


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as github:
        yield github
