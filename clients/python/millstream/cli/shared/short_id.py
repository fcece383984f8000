"""Ids cut short enough to retype, and still unique."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from millstream import Client
    from millstream.builds.v1.build_pb2 import Build

SHORTEST = 8
# So many of the newest builds are looked at: ids of older ones begin with an earlier time.
NEWEST = 1_000


class ShortIds:
    """Cuts ids to their shortest unique prefix of at least 8 characters, among the ids that it is given.

    The ids of builds begin with the time: those of builds that were made within a minute of each other share their
    first 8 characters, and stay longer.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self._sorted = sorted(set(ids))

    def including(self, ids: Iterable[str]) -> "ShortIds":
        """Return one that knows these ids, too."""
        return ShortIds([*self._sorted, *ids])

    def of(self, whole: str) -> str:
        """Return the prefix of this id that no other one begins with."""
        place = bisect_left(self._sorted, whole)
        neighbours = [other for other in self._sorted[max(place - 1, 0) : place + 2] if other != whole]
        length = max([SHORTEST, *(_common_length(whole, other) + 1 for other in neighbours)])
        if whole[length - 1 : length] == "-":
            length += 1
        return whole[:length]


def known_ids(client: "Client", builds: "Iterable[Build]" = ()) -> ShortIds:
    """Return what cuts the ids of these builds so that they stay unique among the newest ones, too."""
    newest = islice(client.builds.list_builds(page_size=NEWEST), NEWEST)
    return ShortIds(build.id for some in (newest, builds) for build in some)


def _common_length(one: str, other: str) -> int:
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length
