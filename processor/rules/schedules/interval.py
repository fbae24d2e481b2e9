"""Every so many seconds, counted from an anchor."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from processor.errors import InvalidSchedule

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
SHORTEST_SECONDS = MINUTE
LONGEST_SECONDS = 366 * DAY

_UNITS = {"day": DAY, "hour": HOUR, "minute": MINUTE, "second": 1}
_DURATION = re.compile(
    r"(?:(?P<day>[0-9]{1,9})d)? *(?:(?P<hour>[0-9]{1,9})h)? *(?:(?P<minute>[0-9]{1,9})m)? *(?:(?P<second>[0-9]{1,9})s)?"
)


@dataclass(frozen=True, slots=True)
class Interval:
    """Slots at `anchor + k * every_seconds` for k = 0, 1, 2, …: how late or how long a run was never enters."""

    every_seconds: int
    anchor: int

    def slots(self, after: int, until: int) -> Iterator[int]:
        return iter(self._progression(after, until))

    def slots_backwards(self, after: int, until: int) -> Iterator[int]:
        return reversed(self._progression(after, until))

    def next_after(self, moment: int) -> int:
        return self.anchor + self._steps_up_to(moment) * self.every_seconds

    def next_two(self, moment: int) -> tuple[int, int]:
        first = self.next_after(moment)
        return first, first + self.every_seconds

    def newest(self, after: int, until: int) -> int | None:
        slots = self._progression(after, until)
        return slots[-1] if slots else None

    def count(self, after: int, until: int) -> int:
        return len(self._progression(after, until))

    def describe(self) -> str:
        if self.every_seconds in _UNITS.values():
            return f"Every {_largest_unit(self.every_seconds)}"
        unit = _largest_unit(self.every_seconds)
        return f"Every {self.every_seconds // _UNITS[unit]} {unit}s"

    def _progression(self, after: int, until: int) -> range:
        return range(self.next_after(after), until + 1, self.every_seconds)

    def _steps_up_to(self, moment: int) -> int:
        """How many slots lie at or before the moment."""
        return max(0, (moment - self.anchor) // self.every_seconds + 1)


def parse_interval(text: str) -> int:
    """Read a duration like `4h`, `90m`, `2d` or `1h30m` as seconds.

    Raises:
        InvalidSchedule: it cannot be read, is under a minute or over 366 days, or is not a whole number of minutes.

    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None or not any(match.groups()):
        raise InvalidSchedule(f"Cannot read the interval {text[:40]!r}: write it like 30m, 4h, 2d or 1h30m")
    seconds = sum(int(number or 0) * _UNITS[unit] for unit, number in match.groupdict().items())
    return checked_seconds(seconds, text)


def checked_seconds(every_seconds: int, text: str | None = None) -> int:
    """Return the interval as it came, if a schedule may have it; `text` is how the person wrote it.

    Raises:
        InvalidSchedule: it is under a minute or over 366 days, or is not a whole number of minutes.

    """
    written = text or f"{every_seconds}s"
    if every_seconds < SHORTEST_SECONDS:
        raise InvalidSchedule(f"The interval {written!r} is under a minute: the shortest is 1m")
    if every_seconds > LONGEST_SECONDS:
        raise InvalidSchedule(f"The interval {written!r} is over 366 days: the longest is 366d")
    if every_seconds % MINUTE:
        raise InvalidSchedule(f"The interval {written!r} is not a whole number of minutes: write it like 2m")
    return every_seconds


def _largest_unit(seconds: int) -> str:
    return next(unit for unit, length in _UNITS.items() if seconds % length == 0)
