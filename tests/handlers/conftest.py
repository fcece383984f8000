"""Most of what handlers promise has nothing to do with where the database is: it is tested in memory alone."""

import pytest


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """In memory, unless a test asks for more: `on_both`."""
    return str(getattr(request, "param", "memory"))
