"""Which slots come next, of one schedule or of many together: each is made only when somebody asks for one more."""

import heapq
import zoneinfo
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from processor.rules.instants import iso
from processor.rules.schedules import Once, Schedule, newest, next_after

ADAPTIVE = "adaptive"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a task or job stands with its schedule; instants are epoch seconds."""

    schedule_type: str
    schedule: Schedule
    next_run_at: int | None
    enabled: bool = True
    paused_until: int | None = None
    job_id: str | None = None
    timezone: str | None = None
    """The IANA zone that its times are told in; None: UTC."""


def coming(standing: Standing, now: int) -> Iterator[int]:
    """Yield the slots that ticks at their times will claim, oldest first; of several that are due, the newest."""
    first = standing.next_run_at
    if first is None:
        return
    if standing.schedule_type == ADAPTIVE:
        yield first
        return
    # Where a pause covers the only slot, the next look is the end of the pause, which is no slot.
    after = max(first - 1, standing.paused_until or 0)
    due = newest(standing.schedule, after, now)
    slot = next_after(standing.schedule, after) if due is None else due
    while slot is not None:
        yield slot
        slot = next_after(standing.schedule, slot)


def merged(standings: Iterable[Standing], now: int) -> Iterator[tuple[int, int]]:
    """Yield the slots of all in the order of time, each with the place of its schedule in `standings`."""
    return heapq.merge(*(_placed(coming(each, now), place) for place, each in enumerate(standings)))


def local_time(at: int, timezone: str | None) -> str:
    """`2026-03-30T09:00:00+02:00`: what the clocks of the zone show, and how far they are from UTC."""
    return datetime.fromtimestamp(at, UTC if timezone is None else zoneinfo.ZoneInfo(timezone)).isoformat()


def why_none(standing: Standing) -> str:
    """Why no slot is to come, and what makes the task run."""
    if standing.schedule_type in _WITHOUT_CLOCK:
        return f"No time to come. {_WITHOUT_CLOCK[standing.schedule_type].format(job_id=standing.job_id)}"
    if not standing.enabled:
        return "No time to come. It is disabled: 'processor tasks enable' lets its schedule go on."
    if standing.paused_until is not None and standing.next_run_at is not None:
        return f"No time to come. It is paused until {iso(standing.paused_until)}, and has no slot after that."
    if standing.schedule_type == ADAPTIVE:
        return "No time to come. Its next one is not decided yet."
    if isinstance(standing.schedule, Once):
        return f"No time to come. Its only one, {iso(standing.schedule.at)}, is over: give another with --at."
    return "No time to come."


def remark(standing: Standing) -> str | None:
    """What to know about the slots that are to come."""
    if standing.schedule_type == ADAPTIVE:
        return "This is its next time; later times are decided when it has run."
    if standing.paused_until is not None:
        return f"It is paused until {iso(standing.paused_until)}: this begins with the first slot after it."
    return None


_WITHOUT_CLOCK = {
    "manual": "It runs only when somebody asks: 'processor tasks run'.",
    "sequential": "It runs in job order, not by a clock: 'processor jobs get {job_id}' shows when its job runs.",
    "file_watch": "It runs when a watched file changes, not by a clock.",
}


def _placed(slots: Iterator[int], place: int) -> Iterator[tuple[int, int]]:
    return ((slot, place) for slot in slots)
