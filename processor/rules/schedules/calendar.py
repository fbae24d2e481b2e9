"""What a five-field cron expression says in a time zone.

The rules are Debian cron's. Where minute and hour both begin without a star, each wall time happens once: one that the
clocks jump over runs right after the jump, one that they pass twice runs the first time. Everything else follows the
hours that really pass. Slots that fall on one instant, as two wall times of one jump do, are one slot.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from processor.rules.schedules.expression import Expression, in_words, read
from processor.rules.schedules.time_zone import Stretch, checked_name, stretches, stretches_backwards

# The rarest date there is, a leap day on one weekday, returns within 40 years.
RAREST_SECONDS = 41 * 366 * 86_400
# Instants that the clocks of zoneinfo can show: from 1970 to the end of 9998.
EARLIEST = 0
LATEST = 253_370_764_799


@dataclass(frozen=True, slots=True)
class Calendar:
    """Slots where the wall clock of an IANA zone matches a cron expression; `checked` reads what people wrote."""

    expression: str
    timezone: str

    def slots(self, after: int, until: int) -> Iterator[int]:
        expression = read(self.expression)
        first, last = max(after + 1, EARLIEST), min(until, LATEST)
        for stretch in stretches(self.timezone, first, last) if first <= last else ():
            part = _part(expression, stretch, first, last)
            if part.jumped:
                yield stretch.start
            for wall in expression.walls(part.first, part.last):
                yield wall - stretch.offset

    def slots_backwards(self, after: int, until: int) -> Iterator[int]:
        expression = read(self.expression)
        first, last = max(after + 1, EARLIEST), min(until, LATEST)
        for stretch in stretches_backwards(self.timezone, first, last) if first <= last else ():
            part = _part(expression, stretch, first, last)
            for wall in expression.walls_backwards(part.first, part.last):
                yield wall - stretch.offset
            if part.jumped:
                yield stretch.start

    def next_after(self, moment: int) -> int | None:
        return next(self.slots(moment, max(moment, EARLIEST) + RAREST_SECONDS), None)

    def next_two(self, moment: int) -> tuple[int | None, int | None]:
        return _next_two(self.expression, self.timezone, moment)

    def newest(self, after: int, until: int) -> int | None:
        return next(self.slots_backwards(after, until), None)

    def count(self, after: int, until: int) -> int:
        expression = read(self.expression)
        first, last = max(after + 1, EARLIEST), min(until, LATEST)
        parts = (_part(expression, stretch, first, last) for stretch in stretches(self.timezone, first, last))
        return sum(part.jumped + expression.count(part.first, part.last) for part in parts) if first <= last else 0

    def describe(self) -> str:
        return f"{in_words(self.expression)}, {self.timezone}"


def checked(expression: str, timezone: str) -> Calendar:
    """Build the schedule that a person asked for, with single blanks between the fields.

    Raises:
        InvalidSchedule: the expression cannot be read or names a date that never comes, or there is no such zone.

    """
    text = " ".join(expression.split())
    read(text)
    return Calendar(text, checked_name(timezone))


@lru_cache(maxsize=16_384)
def _next_two(expression: str, timezone: str, moment: int) -> tuple[int | None, int | None]:
    """Find both in one walk, once for all tasks that share a schedule and were last looked at together."""
    walk = Calendar(expression, timezone).slots(moment, max(moment, EARLIEST) + 2 * RAREST_SECONDS)
    return next(walk, None), next(walk, None)


class _Part(NamedTuple):
    """What of a stretch can hold slots: wall times from `first` to `last`, and its first instant if `jumped`."""

    jumped: bool
    first: int
    last: int


def _part(expression: Expression, stretch: Stretch, first: int, last: int) -> _Part:
    start, last = max(first, stretch.start), min(last, stretch.end - 1)
    jumped = False
    if expression.fixed and stretch.offset > stretch.offset_before and start == stretch.start:
        # The clocks jumped forward: wall times that never were, and the one they jumped to, are due at once.
        jumped = expression.names_any(stretch.start + stretch.offset_before, stretch.start + stretch.offset)
        start += 1
    elif expression.fixed and stretch.offset < stretch.offset_before:
        # The clocks went back: wall times that have been before the change are not due again.
        start = max(start, stretch.start + stretch.offset_before - stretch.offset)
    return _Part(jumped, start + stretch.offset, last + stretch.offset)
