"""What comes: the next slots of a task, or of all tasks and jobs of a store together."""

from collections.abc import Mapping, Sequence
from itertools import islice, takewhile
from typing import Any

from processor.models import Task
from processor.rules.instants import iso
from processor.rules.schedules import from_columns
from processor.rules.upcoming import Standing, coming, local_time, merged
from processor.services import checks
from processor.services.instants import LATEST, epoch_or_none
from processor.services.since import until as parsed_until
from processor.services.tasks.reading import get
from processor.services.tasks.timing import schedule_of
from processor.storage.slots import SCHEDULE_COLUMNS
from processor.storage.work import Work

MOST_UPCOMING = 1_000


def upcoming(work: Work, store_id: str, task_id: str, count: int = 5, until: str | None = None) -> Sequence[int]:
    """The next slots in epoch seconds, at most `count`, none later than `until` (an instant, or a duration from now).

    Of those that are due already the newest is included. Raises NotFound, InvalidInput and InvalidSchedule.
    """
    last = _checked(work, count, until)
    slots = coming(standing(get(work, store_id, task_id)), work.now)
    return [*islice(takewhile(lambda slot: slot <= last, slots), count)]


def timetable(work: Work, store_id: str, count: int = 20, until: str | None = None) -> list[dict[str, Any]]:
    """The next slots of all tasks and jobs that have a clock, in the order of time; raises as `upcoming` does."""
    last = _checked(work, count, until)
    found = [*_rows(work, "task", store_id, count, last), *_rows(work, "job", store_id, count, last)]
    standings = [
        Standing(
            row["schedule_type"],
            from_columns(*(row[name] for name in SCHEDULE_COLUMNS)),
            row["next_run_at"],
            paused_until=row["paused_until"],
            timezone=row["timezone"],
        )
        for row in found
    ]
    slots = takewhile(lambda each: each[0] <= last, merged(standings, work.now))
    return [
        times(slot, standings[place].timezone, work.now)
        | {name: found[place][name] for name in ("kind", "id", "name", "job_id")}
        for slot, place in islice(slots, count)
    ]


def times(slot: int, timezone: str | None, now: int) -> dict[str, Any]:
    """A slot as programs read it: the instant, what the clocks of its zone show, and how far away it is."""
    return {
        "scheduled_time": iso(slot),
        "local_time": local_time(slot, timezone),
        "timezone": timezone or "UTC",
        "in_seconds": slot - now,
    }


def standing(task: Task) -> Standing:
    """Where the task stands with its schedule."""
    return Standing(
        task.schedule_type,
        schedule_of(task),
        epoch_or_none(task.next_run_at),
        task.enabled,
        epoch_or_none(task.paused_until),
        task.job_id,
        task.timezone,
    )


def _checked(work: Work, count: int, until: str | None) -> int:
    checks.number(count, "number of slots", checks.Bounds(1, MOST_UPCOMING))
    return LATEST if until is None else parsed_until(until, work.now)


def _rows(work: Work, kind: str, store_id: str, count: int, last: int) -> list[Mapping[str, Any]]:
    """No more than can have a slot among the first `count`: those whose next ones come first, and all that are due."""
    found = work.run(f"upcoming.{kind}s", store_id=store_id, now=work.now, until_at=last, limit=count)
    return [{"kind": kind, **row} for row in found.mappings()]
