"""The schedule of an adaptive task: its bounds as people say them, its row, and its next time as it is decided."""

from processor.errors import InvalidInput
from processor.models import Job, Task
from processor.rules.schedules import Calendar, Interval, parse_interval
from processor.rules.schedules.adaptive import Adaptive, Fallback, checked
from processor.rules.schedules.interval import checked_seconds
from processor.services import checks
from processor.services.instants import epoch
from processor.services.tasks.fields import TaskFields
from processor.storage import adaptive
from processor.storage.work import Work

ABOUT = ("min_interval", "max_interval", "fallback")
"""What is said of adaptive tasks alone."""
HOW = "give --min-interval and --max-interval, and a baseline with --every or --cron"


def is_adaptive(current: Task | Job | None) -> bool:
    return current is not None and current.schedule_type == "adaptive"


def bounded(baseline: Interval | Calendar, fields: TaskFields, current: Task | Job | None) -> Adaptive:
    """The baseline within the bounds that are given, or that there are; raises InvalidInput and InvalidSchedule."""
    present = adaptive_of(current)
    fallback = fields.get("fallback")
    if fallback is None:
        fallback = present.fallback if present is not None and "fallback" not in fields else Fallback.BASELINE
    return checked(
        baseline,
        _seconds(fields.get("min_interval"), "--min-interval", None if present is None else present.min_seconds),
        _seconds(fields.get("max_interval"), "--max-interval", None if present is None else present.max_seconds),
        checks.choice(fallback, "fallback", [str(each) for each in Fallback]),
    )


def adaptive_of(task: Task | Job | None) -> Adaptive | None:
    """The adaptive schedule in a row; None for rows of other types."""
    if not isinstance(task, Task) or task.schedule_type != "adaptive":
        return None
    baseline = baseline_of(task)
    if baseline is None or task.min_interval_seconds is None or task.max_interval_seconds is None:
        return None
    return Adaptive(baseline, task.min_interval_seconds, task.max_interval_seconds, Fallback(task.fallback))


def baseline_of(task: Task | Job | None) -> Interval | Calendar | None:
    """What the row repeats by, whatever its type; None where it does not repeat."""
    if task is None:
        return None
    if task.interval_seconds is not None and task.anchor_at is not None:
        return Interval(task.interval_seconds, epoch(task.anchor_at))
    return Calendar(task.cron, task.timezone) if task.cron is not None and task.timezone is not None else None


def write_bounds(task: Task, schedule: Adaptive | None) -> None:
    """Put the bounds and the fallback into their columns, or empty those."""
    task.min_interval_seconds = None if schedule is None else schedule.min_seconds
    task.max_interval_seconds = None if schedule is None else schedule.max_seconds
    task.fallback = Fallback.BASELINE if schedule is None else schedule.fallback


def decide_next(work: Work, task: Task) -> None:
    """Let the governor decide the next time of a task, if that is adaptive; the row has been added to the session.

    A slot that is due already stays, and is for the next tick.
    """
    if task.schedule_type != "adaptive" or _is_due(task, work.now):
        return
    work.session.flush()
    adaptive.slot_taken(work, [task.id])
    work.session.refresh(task)


def _is_due(task: Task, now: int) -> bool:
    return task.next_run_at is not None and epoch(task.cursor_at) < epoch(task.next_run_at) <= now


def _seconds(given: object, option: str, present: int | None) -> int:
    if isinstance(given, str):
        return parse_interval(given)
    if isinstance(given, int) and not isinstance(given, bool):
        return checked_seconds(given)
    if given is not None or present is None:
        raise InvalidInput(f"An adaptive schedule needs {option}, a duration like 30m, 4h or 2d: {HOW}")
    return present
