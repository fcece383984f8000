"""Most of what handlers promise has nothing to do with whether a database is in a file: it is tested without one."""

import pytest

from tests.databases import EACH_ENGINE, Kind


@pytest.fixture(params=EACH_ENGINE)
def database_kind(request: pytest.FixtureRequest) -> Kind:
    """Each engine once, unless a test asks for more: `on_all`."""
    kind: Kind = request.param
    return kind
