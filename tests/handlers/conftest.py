"""Most of what handlers promise has nothing to do with whether a database is in a file: it is tested without one.

Nor with which engine it is: see `is_in_full`.
"""

import pytest

from tests.databases import Kind


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.in_full)])
def database_kind(request: pytest.FixtureRequest) -> Kind:
    """Each engine once, unless a test asks for more: `on_all`."""
    kind: Kind = request.param
    return kind
