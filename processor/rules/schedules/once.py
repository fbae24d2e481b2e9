"""One slot, and never again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Once:
    """The single slot `at`, an epoch second."""

    at: int

    def slots(self, after: int, until: int) -> Iterator[int]:
        if after < self.at <= until:
            yield self.at

    def slots_backwards(self, after: int, until: int) -> Iterator[int]:
        return self.slots(after, until)

    def next_after(self, moment: int) -> int | None:
        return self.at if moment < self.at else None

    def next_two(self, moment: int) -> tuple[int | None, None]:
        return self.next_after(moment), None

    def newest(self, after: int, until: int) -> int | None:
        return next(self.slots(after, until), None)

    def count(self, after: int, until: int) -> int:
        return int(after < self.at <= until)

    def describe(self) -> str:
        at = datetime.fromtimestamp(self.at, UTC)
        return f"Once at {at:%Y-%m-%d %H:%M:%S} UTC" if at.second else f"Once at {at:%Y-%m-%d %H:%M} UTC"
