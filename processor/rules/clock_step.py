"""What becomes of a task or job whose cursor stands in a time to come, because the clock was ahead and is set back."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from processor.rules.disposition import LedgerEntry, part
from processor.rules.schedules import Interval, Schedule, count, newest, slots

TOLERATED_SECONDS = 60
"""Clocks are corrected by so much all the time; the slots of a minute are simply not asked for again."""


def begun_by(schedule: Schedule, begun_at: Iterable[int], now: int) -> Schedule:
    """An interval that counts from its own making, at a moment to come: it goes back by whole intervals.

    `begun_at` are the moments (epoch seconds) at which it may have been made. An anchor that a person chose stays.
    """
    if not isinstance(schedule, Interval) or schedule.anchor <= now or schedule.anchor not in begun_at:
        return schedule
    intervals = -((now - schedule.anchor) // schedule.every_seconds)
    return replace(schedule, anchor=schedule.anchor - intervals * schedule.every_seconds)


def cut(schedule: Schedule, row: LedgerEntry, now: int) -> LedgerEntry:
    """What is left of a range row that begins at or before `now` and ends after it.

    A row that the schedule does not account for is of an earlier one: its slots are taken as evenly spread.
    """
    last = row.scheduled_time if row.until_time is None else row.until_time
    if not _accounts_for(schedule, row, last):
        schedule = Interval(max(1, (last - row.scheduled_time) // max(1, row.slot_count - 1)), row.scheduled_time)
    until = newest(schedule, row.scheduled_time - 1, now)
    if until is None or until == row.scheduled_time:
        return replace(row, until_time=None, slot_count=1)
    return replace(row, until_time=until, slot_count=count(schedule, row.scheduled_time - 1, now))


def around(schedule: Schedule, row: LedgerEntry, claimed: Iterable[int]) -> Iterator[LedgerEntry]:
    """A range row without the slots in it that are claimed already, because they ran while the clock was ahead."""
    last = row.scheduled_time if row.until_time is None else row.until_time
    after = row.scheduled_time - 1
    for slot in [*sorted(claimed), last + 1]:
        if newest(schedule, after, slot - 1) is not None:
            yield part(schedule, after, slot - 1, row.disposition)
        after = slot


def _accounts_for(schedule: Schedule, row: LedgerEntry, last: int) -> bool:
    before = row.scheduled_time - 1
    return (
        next(slots(schedule, before, row.scheduled_time), None) is not None
        and newest(schedule, before, last) == last
        and count(schedule, before, last) == row.slot_count
    )
