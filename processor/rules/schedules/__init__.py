"""When a task is due: its schedule, and the slots that the schedule puts on the time line.

A slot and every other moment here is an int, an epoch second UTC. A span of slots begins after its first moment and
ends with its last, so that spans laid end to end hold each slot once.
"""

from collections.abc import Iterator

from processor.rules.schedules.calendar import Calendar
from processor.rules.schedules.interval import Interval, parse_interval
from processor.rules.schedules.manual import Manual
from processor.rules.schedules.once import Once
from processor.rules.schedules.sequential import Sequential

__all__ = [
    "Calendar",
    "Interval",
    "Manual",
    "Once",
    "Schedule",
    "Sequential",
    "count",
    "describe",
    "from_columns",
    "newest",
    "next_after",
    "next_two",
    "parse_interval",
    "slots",
    "slots_backwards",
]

Schedule = Interval | Calendar | Once | Manual | Sequential


def from_columns(
    schedule_type: str,
    interval_seconds: int | None,
    anchor_at: int | None,
    cron: str | None,
    timezone: str | None,
    once_at: int | None,
    next_run_at: int | None = None,
) -> Schedule:
    """Return the schedule that a task's columns describe; types without slots of their own are manual here.

    An adaptive task has one slot, the next time that its governor decided.
    """
    if schedule_type == "interval" and interval_seconds is not None and anchor_at is not None:
        return Interval(interval_seconds, anchor_at)
    if schedule_type == "calendar" and cron is not None and timezone is not None:
        return Calendar(cron, timezone)
    if schedule_type == "once" and once_at is not None:
        return Once(once_at)
    if schedule_type == "adaptive" and next_run_at is not None:
        return Once(next_run_at)
    return Sequential() if schedule_type == "sequential" else Manual()


def slots(schedule: Schedule, after: int, until: int) -> Iterator[int]:
    """Yield the slots later than `after`, up to and including `until`, oldest first."""
    return schedule.slots(after, until)


def slots_backwards(schedule: Schedule, after: int, until: int) -> Iterator[int]:
    """Yield what `slots` yields, newest first."""
    return schedule.slots_backwards(after, until)


def next_after(schedule: Schedule, moment: int) -> int | None:
    """Return the first slot later than the moment; None if there will be none."""
    return schedule.next_after(moment)


def next_two(schedule: Schedule, moment: int) -> tuple[int | None, int | None]:
    """Return the first two slots later than the moment; None where there will be none."""
    return schedule.next_two(moment)


def newest(schedule: Schedule, after: int, until: int) -> int | None:
    """Return the last of the slots that `slots` yields; None if it yields none."""
    return schedule.newest(after, until)


def count(schedule: Schedule, after: int, until: int) -> int:
    """Count the slots that `slots` yields, without visiting each."""
    return schedule.count(after, until)


def describe(schedule: Schedule) -> str:
    """Say the schedule in words, for example "Every 4 hours" or "At 09:00 on weekdays, Europe/Berlin"."""
    return schedule.describe()
