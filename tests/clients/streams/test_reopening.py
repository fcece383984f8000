"""A stream that was once served comes back without end; one that never was gives up."""

import pytest

from millstream.errors import NotConnectedError, ShuttingDownError, TooManyStreamsError, ValidationFailedError
from millstream.streams.reopening import Reopening
from tests.clients.conftest import QUICK

NOBODY = NotConnectedError("nobody there")


async def test_where_nobody_ever_was_it_gives_up() -> None:
    reopening = Reopening(QUICK)
    for _ in range(QUICK.max_attempts - 1):
        await reopening.after(NOBODY)
    with pytest.raises(NotConnectedError):
        await reopening.after(NOBODY)


@pytest.mark.parametrize("contact", ["a message", "a refusal"])
async def test_where_someone_was_it_goes_on(contact: str) -> None:
    reopening = Reopening(QUICK)
    if contact == "a message":
        reopening.note_progress()
    else:
        await reopening.after(ShuttingDownError(""))
    for _ in range(2 * QUICK.max_attempts):
        await reopening.after(NOBODY)


async def test_a_service_without_room_is_an_error_at_first_and_waited_for_later() -> None:
    full = TooManyStreamsError("no room")
    with pytest.raises(TooManyStreamsError):
        await Reopening(QUICK).after(full)
    reopening = Reopening(QUICK)
    reopening.note_progress()
    for _ in range(2 * QUICK.max_attempts):
        await reopening.after(full)


async def test_what_will_not_pass_is_raised() -> None:
    with pytest.raises(ValidationFailedError):
        await Reopening(QUICK).after(ValidationFailedError(""))
