"""What agents' tests promise has nothing to do with whether a database is in a file: each engine once."""

import pytest

from tests.databases import EACH_ENGINE, Kind


@pytest.fixture(params=EACH_ENGINE)
def database_kind(request: pytest.FixtureRequest) -> Kind:
    kind: Kind = request.param
    return kind
