"""Rows of the ledger that a backfill looks at: which of their slots it wants, and how a range gives one away."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from processor.rules.disposition import Disposition, LedgerEntry
from processor.rules.schedules import Schedule, count, newest, next_after


class Reprocess(StrEnum):
    """Which slots that have run already are run again."""

    NONE = "none"  # none: only what nobody ran
    FAILED = "failed"  # those whose newest run failed
    ALL = "all"  # all whose newest run has ended, however it did


@dataclass(frozen=True, slots=True)
class Span:
    """Slots in a row; instants are epoch seconds, both ends are slots."""

    first: int
    last: int
    slot_count: int


def knows(schedule: Schedule, row: LedgerEntry) -> bool:
    """Whether the schedule tells the slots within a range; those of an earlier schedule are counted and unknown."""
    first, last = row.scheduled_time, _last(row)
    return (
        count(schedule, first - 1, last) == row.slot_count
        and next_after(schedule, first - 1) == first
        and newest(schedule, first - 1, last) == last
    )


def within(schedule: Schedule, row: LedgerEntry, from_at: int, until_at: int) -> Span | None:
    """Return the slots of a range between two moments, both included; None if there are none."""
    after, until = max(row.scheduled_time, from_at) - 1, min(_last(row), until_at)
    last = newest(schedule, after, until)
    first = next_after(schedule, after)
    if first is None or last is None:
        return None
    return Span(first, last, count(schedule, after, until))


def parted(schedule: Schedule, row: LedgerEntry, slot: int) -> tuple[LedgerEntry, ...]:
    """Part a range around one of its slots: what is before it, the slot alone, what is after it; oldest first.

    Every part keeps the disposition of the range, and together they hold each of its slots once.
    """
    before = _stretch(schedule, row.scheduled_time - 1, slot - 1, row.disposition)
    after = _stretch(schedule, slot, _last(row), row.disposition)
    return (*before, LedgerEntry(slot, row.disposition), *after)


def _stretch(schedule: Schedule, after: int, until: int, disposition: Disposition) -> Iterator[LedgerEntry]:
    first, last = next_after(schedule, after), newest(schedule, after, until)
    if first is None or last is None:
        return
    alone = first == last
    yield LedgerEntry(first, disposition, None if alone else last, 1 if alone else count(schedule, after, until))


def _last(row: LedgerEntry) -> int:
    return row.scheduled_time if row.until_time is None else row.until_time
