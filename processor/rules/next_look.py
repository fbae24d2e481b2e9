"""When the tick has to look at a task."""

from processor.rules.schedules import Schedule, next_after


def next_look(schedule: Schedule, cursor: int, *, enabled: bool, paused_until: int | None) -> int | None:
    """Return the first slot after the cursor, or after the pause (epoch seconds); None where nothing is to come.

    Where a pause covers the last slot of all, its end takes that place, or nobody would account for the slot.
    """
    slot = next_after(schedule, cursor) if enabled else None
    if slot is None or paused_until is None or slot > paused_until:
        return slot
    after_pause = next_after(schedule, paused_until)
    return paused_until if after_pause is None else after_pause
