"""A measured pair: what we do against what it is compared with, taken in turn so that a noisy machine hits both."""

import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

Take = Callable[[], float]
"""Does the work once and returns what was measured, in the unit of its pair."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What is asked of a figure: of the ratio, or (where a bound is absolute) of our own median."""

    text: str
    most_ratio: float | None = None
    least_ratio: float | None = None
    most_ours: float | None = None
    enough_ours: float | None = None
    """With this much of our own figure the ratio no longer matters."""

    def holds(self, ratio: float, ours: float) -> bool:
        if self.enough_ours is not None and ours >= self.enough_ours:
            return True
        return (
            (self.most_ratio is None or ratio <= self.most_ratio)
            and (self.least_ratio is None or ratio >= self.least_ratio)
            and (self.most_ours is None or ours <= self.most_ours)
        )


@dataclass(slots=True)
class Pair:
    """One line of the table."""

    benchmark: str
    store: str
    figure: str
    compared_with: str
    unit: str
    bound: Bound | None
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    skipped: str | None = None

    @property
    def name(self) -> str:
        return f"{self.benchmark} · {self.figure} · {self.store}"

    @property
    def ratios(self) -> list[float]:
        """Ours by theirs, of each pair as it was taken."""
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def verdict(self) -> str:
        if self.skipped is not None:
            return "skipped"
        if self.bound is None:
            return ""
        return "ok" if self.bound.holds(middle(self.ratios), middle(self.ours)) else "missed"

    def alternate(self, repeats: int, ours: Take, theirs: Take, *, warm_up: bool = True) -> None:
        """Take ours, theirs, ours, theirs, …; the first pair only fills caches."""
        progress = Progress(self.name, repeats)
        if warm_up:
            ours()
            theirs()
        for number in range(1, repeats + 1):
            self.ours.append(ours())
            self.theirs.append(theirs())
            progress.show(number)


class Progress:
    """Says on standard error how far a measurement has come."""

    def __init__(self, name: str, total: int) -> None:
        self._name = name
        self._total = total
        self.show(0)

    def show(self, done: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{self._name}  {done}/{self._total}" + "\n" * (done == self._total))
        elif done in {0, self._total}:
            sys.stderr.write(f"{self._name}  {done}/{self._total}\n")
        sys.stderr.flush()


def middle(values: list[float]) -> float:
    """The median."""
    return statistics.median(values)


def quartiles(values: list[float]) -> tuple[float, float]:
    """The first and the third quartile; of a single value, itself."""
    if len(values) == 1:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high
