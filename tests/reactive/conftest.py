"""What is watched is the same on every engine; whether its database is in a file makes no difference."""

import pytest

from tests.databases import EACH_ENGINE, Kind


@pytest.fixture(params=EACH_ENGINE)
def database_kind(request: pytest.FixtureRequest) -> Kind:
    """Each engine once."""
    kind: Kind = request.param
    return kind
