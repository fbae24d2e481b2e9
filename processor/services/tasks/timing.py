"""A schedule of a task or job: read from what people say, kept in its row, and what it makes next."""

from dataclasses import dataclass

from processor.errors import InvalidInput, InvalidSchedule
from processor.models import Job, Task
from processor.rules.next_look import next_look
from processor.rules.schedules import (
    Calendar,
    Interval,
    Manual,
    Once,
    Schedule,
    Sequential,
    calendar,
    from_columns,
    parse_interval,
)
from processor.rules.schedules.adaptive import Adaptive
from processor.rules.schedules.file_watch import (
    DEFAULT_SETTLE_SECONDS,
    LONGEST_PATH,
    LONGEST_SETTLE_SECONDS,
    FileWatch,
    file_watch,
)
from processor.rules.schedules.interval import checked_seconds
from processor.services import checks
from processor.services.instants import epoch, epoch_or_none, moment, moment_or_none, parse_instant
from processor.services.tasks import adapting
from processor.services.tasks.fields import TaskFields

DEFAULT_ZONE = "UTC"
TYPES = ("interval", "calendar", "once", "manual", "file_watch", "sequential", "adaptive")
_WAYS = ("every", "cron", "at", "watch")
_TYPE_OF_WAY = {"every": "interval", "cron": "calendar", "at": "once", "watch": "file_watch"}
_TYPE_OF_SCHEDULE: dict[type, str] = {
    Interval: "interval",
    Calendar: "calendar",
    Once: "once",
    Manual: "manual",
    Sequential: "sequential",
    FileWatch: "file_watch",
    Adaptive: "adaptive",
}
_ZONE_OF_CRON = "--timezone is the zone of a cron expression: give it together with --cron"
_HOW = "say when the task runs with --every 4h, --cron '0 9 * * 1-5', --at T, --watch PATH or --schedule-type manual"


@dataclass(frozen=True, slots=True)
class Timing:
    """A schedule that was asked for; its first slot is the first one later than `cursor` (epoch seconds)."""

    schedule: Schedule | Adaptive
    cursor: int


def asked(
    fields: TaskFields, now: int, current: Task | Job | None = None, *, past_allowed: bool = False
) -> Timing | None:
    """The schedule that the fields ask for, with its start at `now`; None where they ask for no change.

    With `past_allowed` an instant of --at may have passed, and has no slot any more.

    Raises InvalidInput where they contradict each other, InvalidSchedule where the schedule cannot be.
    """
    type_ = _asked_type(fields, current)
    if type_ is None:
        return None
    if type_ == "interval":
        timing = _interval(fields, now, current)
    elif type_ == "calendar":
        timing = Timing(_calendar(fields, current), now)
    elif type_ == "once":
        timing = Timing(Once(parse_instant(_given(fields, "at"), "--at")), now - 1)
    elif type_ == "file_watch":
        timing = Timing(_file_watch(fields, current), now)
    elif type_ == "adaptive":
        timing = Timing(adapting.bounded(_baseline(fields, now, current), fields, current), now)
    else:
        timing = Timing(Sequential() if type_ == "sequential" else Manual(), now)
    if current is not None and _is_same(timing.schedule, current, fields):
        return None
    return timing if past_allowed else _possible(timing, now)


def schedule_of(task: Task | Job) -> Schedule:
    """The schedule in a row; that of an adaptive task is its next time, if it has one."""
    if isinstance(task, Task) and task.watch_path is not None:
        return FileWatch(task.watch_path, task.settle_seconds)
    return from_columns(
        task.schedule_type,
        task.interval_seconds,
        epoch_or_none(task.anchor_at),
        task.cron,
        task.timezone,
        epoch_or_none(task.once_at),
        epoch_or_none(task.next_run_at),
    )


def write_schedule(task: Task | Job, schedule: Schedule | Adaptive) -> None:
    """Put the schedule into its columns and empty those of the others."""
    task.schedule_type = _TYPE_OF_SCHEDULE[type(schedule)]
    task.interval_seconds, task.anchor_at, task.cron, task.timezone, task.once_at = None, None, None, None, None
    if isinstance(task, Task):
        adapting.write_bounds(task, schedule if isinstance(schedule, Adaptive) else None)
    if isinstance(schedule, Adaptive):
        schedule = schedule.baseline
    if isinstance(schedule, Interval):
        task.interval_seconds, task.anchor_at = schedule.every_seconds, moment(schedule.anchor)
    elif isinstance(schedule, Calendar):
        task.cron, task.timezone = schedule.expression, schedule.timezone
    elif isinstance(schedule, Once):
        task.once_at = moment(schedule.at)
    if isinstance(task, Task):
        _write_watch(task, schedule)


def _write_watch(task: Task, schedule: Schedule) -> None:
    task.watch_path, task.settle_seconds = None, DEFAULT_SETTLE_SECONDS
    if isinstance(schedule, FileWatch):
        task.watch_path, task.settle_seconds = schedule.path, schedule.settle_seconds


def write_next(task: Task) -> None:
    """Set when the tick has to look at the task; the next time of an adaptive one is decided by `adapting`."""
    paused_until = epoch_or_none(task.paused_until)
    at = next_look(schedule_of(task), epoch(task.cursor_at), enabled=task.enabled, paused_until=paused_until)
    task.next_run_at = moment_or_none(at)


def _asked_type(fields: TaskFields, current: Task | Job | None) -> str | None:
    ways = [way for way in _WAYS if fields.get(way) is not None]
    type_ = fields.get("schedule_type")
    if type_ is not None:
        checks.choice(type_, "schedule type", TYPES)
    if type_ == "sequential":
        _refuse_sequential(fields, current, ways)
    if type_ is None and adapting.is_adaptive(current) and not {"at", "watch"} & {*ways}:
        type_ = "adaptive"  # --every and --cron are about its baseline
    if len(ways) > 1:
        raise InvalidInput(f"A task has one schedule: give only one of {' and '.join(f'--{way}' for way in ways)}")
    if type_ == "adaptive" and not {"at", "watch"} & {*ways}:
        asked_type = _adaptive_type(fields, ways, current)
    else:
        asked_type = _TYPE_OF_WAY[ways[0]] if ways else _type_without_way(fields, type_, current)
    if type_ is not None and ways and asked_type != type_:
        raise InvalidInput(f"The schedule type {type_} goes without --{ways[0]}: leave out one of the two")
    _refuse_strays(fields, asked_type)
    return asked_type


def _type_without_way(fields: TaskFields, type_: str | None, current: Task | Job | None) -> str | None:
    """Only a zone or a start is given, or a type alone, or nothing: it speaks about the schedule that there is."""
    present = current.schedule_type if current is not None else None
    if type_ is None and present is None:
        raise InvalidInput(f"The task has no schedule: {_HOW}")
    if type_ in {None, present}:
        changes = any(fields.get(detail) is not None for detail in ("start", "timezone", "settle_seconds"))
        return present if changes or (type_ is not None and current is None) else None
    if type_ in {"manual", "sequential"}:
        return type_
    way = next(way for way, type_of_way in _TYPE_OF_WAY.items() if type_of_way == type_)
    raise InvalidInput(f"The schedule type {type_} needs --{way}: {_HOW}")


def _adaptive_type(fields: TaskFields, ways: list[str], current: Task | Job | None) -> str | None:
    """None where an adaptive task is to stay as it is."""
    names = ("start", "timezone", *adapting.ABOUT)
    changes = ways or any(fields.get(name) is not None for name in names)
    return "adaptive" if changes or not adapting.is_adaptive(current) else None


def _refuse_sequential(fields: TaskFields, current: Task | Job | None, ways: list[str]) -> None:
    if ways:
        raise InvalidInput(f"Sequential schedule runs in job order: leave out --{ways[0]}")
    if fields.get("job_id", current.job_id if isinstance(current, Task) else None) is None:
        raise InvalidInput("Sequential schedule requires --job-id to be set")


def _refuse_strays(fields: TaskFields, asked_type: str | None) -> None:
    if asked_type == "adaptive":
        if fields.get("start") is not None:
            raise InvalidInput("An adaptive schedule counts from its last time, not from an instant: leave out --start")
    elif given := [name for name in adapting.ABOUT if fields.get(name) is not None]:
        option = given[0].replace("_", "-")
        raise InvalidInput(f"--{option} is about an adaptive schedule: give it with --schedule-type adaptive")
    if fields.get("start") is not None and asked_type not in {"interval", "adaptive"}:
        raise InvalidInput("--start is where an interval counts from: give it together with --every")
    if fields.get("timezone") is not None and asked_type not in {"calendar", "adaptive"}:
        raise InvalidInput(_ZONE_OF_CRON)
    if fields.get("settle_seconds") is not None and asked_type != "file_watch":
        raise InvalidInput("--settle is how long a changed file stands still: give it together with --watch")


def _baseline(fields: TaskFields, now: int, current: Task | Job | None) -> Interval | Calendar:
    """What an adaptive task goes by without proposals: given now, or what the row repeats by already."""
    present = adapting.baseline_of(current)
    zone, every = fields.get("timezone"), fields.get("every")
    if fields.get("cron") is not None or (zone is not None and every is None and isinstance(present, Calendar)):
        return _calendar(fields, current)
    if zone is not None:
        raise InvalidInput(_ZONE_OF_CRON)
    if every is not None:
        seconds = _every_seconds(every)
        is_same = isinstance(present, Interval) and present.every_seconds == seconds
        return present if present is not None and is_same else Interval(seconds, now)
    if present is None:
        raise InvalidInput(f"An adaptive schedule needs a baseline: {adapting.HOW}")
    return present


def _interval(fields: TaskFields, now: int, current: Task | Job | None) -> Timing:
    every = fields.get("every")
    if every is None and current is not None:
        every = current.interval_seconds
    seconds = _every_seconds(every)
    start = fields.get("start")
    if start is None:
        return Timing(Interval(seconds, now), now)
    return Timing(Interval(seconds, parse_instant(start, "--start")), now - 1)


def _calendar(fields: TaskFields, current: Task | Job | None) -> Calendar:
    cron, zone = fields.get("cron"), fields.get("timezone")
    if current is not None and current.cron is not None:
        cron = current.cron if cron is None else cron
        zone = current.timezone if zone is None else zone
    zone = DEFAULT_ZONE if zone is None else checks.text(zone, "time zone", 1_000)
    return calendar.checked(checks.filled(cron, "cron expression", 1_000), zone)


def _file_watch(fields: TaskFields, current: Task | Job | None) -> FileWatch:
    path, settle = fields.get("watch"), fields.get("settle_seconds")
    if isinstance(current, Task) and current.watch_path is not None:
        path = current.watch_path if path is None else path
        settle = current.settle_seconds if settle is None else settle
    if settle is not None:
        checks.number(settle, "settle time in seconds", checks.Bounds(0, LONGEST_SETTLE_SECONDS))
    return file_watch(
        checks.text(path, "watched path", LONGEST_PATH), DEFAULT_SETTLE_SECONDS if settle is None else settle
    )


def _possible(timing: Timing, now: int) -> Timing:
    if isinstance(timing.schedule, Once) and timing.schedule.at < now:
        raise InvalidSchedule(f"The instant of --at has passed ({timing.schedule.describe()}): give one to come")
    return timing


def _is_same(schedule: Schedule | Adaptive, current: Task | Job, fields: TaskFields) -> bool:
    """An edit that repeats the schedule changes nothing; without --start an interval keeps its anchor."""
    present = adapting.adaptive_of(current) or schedule_of(current)
    if isinstance(schedule, Interval) and isinstance(present, Interval) and fields.get("start") is None:
        return schedule.every_seconds == present.every_seconds
    return schedule == present


def _given(fields: TaskFields, name: str) -> str | int:
    given = fields.get(name)
    if not isinstance(given, str | int):
        raise InvalidInput(f"--{name} is missing: {_HOW}")
    return given


def _every_seconds(every: object) -> int:
    if isinstance(every, str):
        return parse_interval(every)
    if isinstance(every, bool) or not isinstance(every, int):
        raise InvalidSchedule("The interval must be a duration like 30m, 4h or 2d")
    return checked_seconds(every)
