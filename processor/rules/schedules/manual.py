"""No slots at all: it runs when somebody asks."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Manual:
    """A task that only people, jobs and other programs start."""

    def slots(self, _after: int, _until: int) -> Iterator[int]:
        return iter(())

    def slots_backwards(self, _after: int, _until: int) -> Iterator[int]:
        return iter(())

    def next_after(self, _moment: int) -> None:
        return None

    def next_two(self, _moment: int) -> tuple[None, None]:
        return None, None

    def newest(self, _after: int, _until: int) -> None:
        return None

    def count(self, _after: int, _until: int) -> int:
        return 0

    def describe(self) -> str:
        return "Manual"
