"""What is measured: rates, times and sizes, and how a figure is set beside its floor."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Times:
    """Some times, in seconds: their middle, their 99th percentile and the longest.

    `percentiles` are those from 0 to 100, for a plot.
    """

    p50: float
    p99: float
    longest: float
    percentiles: tuple[float, ...] = ()

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Times":
        """Sum up times; at least one."""
        ordered = sorted(seconds)
        percentiles = tuple(ordered[min(len(ordered) - 1, len(ordered) * n // 100)] for n in range(101))
        return cls(percentiles[50], percentiles[99], ordered[-1], percentiles)

    @classmethod
    def of_all(cls, rounds: Iterable[Sequence[float]]) -> "Times":
        """Sum up the times of some rounds; at least one."""
        return cls.of([time for one in rounds for time in one])


@dataclass(frozen=True)
class Curve:
    """Something over something else, for a plot: `y` (a size in bytes, say) at each `x` (seconds, say)."""

    name: str
    x: list[float]
    y: list[float]


@dataclass(frozen=True)
class Line:
    """One line of the report: a figure beside its floor, in the same unit.

    `target` is the least ratio (figure to floor) that is good enough, or with `most` the greatest; None: for
    information. `times` and `floor_times` are those of single calls or deliveries, where that makes sense. `figure` is
    the name of the figure that it is of, `count` of how many something was measured (subscribers, say).
    """

    name: str
    unit: str
    value: float
    floor: float
    floor_name: str
    target: float | None = None
    most: bool = False
    times: Times | None = None
    floor_times: Times | None = None
    note: str = ""
    figure: str = ""
    count: int | None = None
    curves: tuple[Curve, ...] = ()

    @property
    def ratio(self) -> float:
        """The figure in proportion to its floor."""
        return self.value / self.floor if self.floor else float("nan")

    @property
    def holds(self) -> bool:
        """Whether the ratio meets the target, or there is none."""
        if self.target is None:
            return True
        return self.ratio <= self.target if self.most else self.ratio >= self.target


def alternate(rounds: int, floor: Callable[[], T], figure: Callable[[], T]) -> tuple[list[T], list[T]]:
    """Run both in turn, some times, so that a machine that is slow for a while is slow for both."""
    floors, figures = [], []
    for _ in range(rounds):
        floors.append(floor())
        figures.append(figure())
    return floors, figures


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return float(median(values))
