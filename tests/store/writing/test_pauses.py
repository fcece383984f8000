"""How long a group waits for a database that is away: pauses that grow, of random lengths, until its patience ends."""

import pytest

from millstream_service.store.writing import group_commit


class Clock:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 7.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.mark.parametrize("patience", [0.01, 0.1, 1.0, 5.0, 15.0])
def test_pauses_grow_to_half_a_second_until_the_patience_ends(monkeypatch: pytest.MonkeyPatch, patience: float) -> None:
    clock = Clock()
    monkeypatch.setattr(group_commit, "time", clock)
    pauses = group_commit._Pauses(patience)
    while pauses.pause():
        pass
    longest = [min(0.01 * 2**n, 0.5) for n in range(len(clock.slept))]
    assert all(most / 2 <= slept <= most for slept, most in zip(clock.slept, longest, strict=True))
    assert sum(clock.slept[:-1]) < patience <= sum(clock.slept)


def test_who_has_no_patience_does_not_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(group_commit, "time", clock)
    assert not group_commit._Pauses(0).pause()
    assert clock.slept == []
