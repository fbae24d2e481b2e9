"""The common case among due tasks, told by its next two slots."""

from processor.rules.disposition import Decision, Disposition, LedgerEntry
from processor.rules.schedules import Schedule, next_two


def lone_claim(
    schedule: Schedule, *, cursor: int, now: int, window_seconds: int, has_open_run: bool, held_slot: int | None
) -> Decision | None:
    """Return what `decide` says where exactly one slot is due, on time, and nothing is in its way; else None.

    The slot is looked up in the schedule rather than taken from the task's row, because the row was written by the
    rules of its day: clocks and zones have changed since for some.
    """
    if has_open_run or (held_slot is not None and held_slot > cursor):
        return None
    slot, following = next_two(schedule, cursor)
    if slot is None or not now - window_seconds <= slot <= now or (following is not None and following <= now):
        return None
    return Decision((LedgerEntry(slot, Disposition.CLAIMED),), now, following, None)
