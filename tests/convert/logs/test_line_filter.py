"""What a filter takes of levels."""

import pytest

from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogLevel
from millstream_service.convert.logs.line_filter import line_filter
from millstream_service.errors import ValidationFailedError
from tests.entities import DEBUG, ERROR, INFO, WARNING

DEBUG_TOO, WITHOUT_DEBUG = {DEBUG, INFO, WARNING, ERROR}, {INFO, WARNING, ERROR}


@pytest.mark.parametrize(
    ("least", "debug", "taken"),
    [
        (0, True, DEBUG_TOO),
        (0, False, WITHOUT_DEBUG),
        (DEBUG, False, DEBUG_TOO),
        (INFO, True, WITHOUT_DEBUG),
        (WARNING, True, {WARNING, ERROR}),
        (ERROR, False, {ERROR}),
    ],
)
def test_the_least_level_decides_and_debug_is_asked_for(least: int, debug: bool, taken: set[BuildLogLevel]) -> None:
    wanted = line_filter(least, None, debug=debug)
    assert {level for level in DEBUG_TOO if wanted.fits(BuildLog(level=level))} == taken


def test_a_least_level_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationFailedError):
        line_filter(9, None)
