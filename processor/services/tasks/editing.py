"""Creates and changes tasks. All checks come before the first write."""

from collections.abc import Set as AbstractSet

from processor.errors import InvalidInput
from processor.llm.prices import DEFAULT_PRESET, PriceTable, shipped_prices
from processor.models import Task
from processor.rules.disposition import Misfire
from processor.rules.retry import SHIPPED_DEFAULTS, RetryDefaults
from processor.rules.schedules import Manual
from processor.rules.schedules.file_watch import FileWatch
from processor.services import checks
from processor.services.changes import note
from processor.services.instants import epoch, moment
from processor.services.tasks.accounting import account
from processor.services.tasks.adapting import decide_next
from processor.services.tasks.fields import TaskFields, checked, checked_budget, checked_enabled, refuse_unavailable
from processor.services.tasks.membership import held_job, locked_with_jobs, ordered_in, take_place
from processor.services.tasks.reading import save
from processor.services.tasks.retrying import asked_retries, own_policy, write_retries
from processor.services.tasks.suspension import disable, enable
from processor.services.tasks.timing import Timing, asked, write_next, write_schedule
from processor.services.tasks.view import audited
from processor.storage import watches
from processor.storage.work import Work


def create(
    work: Work,
    store_id: str,
    fields: TaskFields,
    known_tools: AbstractSet[str],
    prices: PriceTable | None = None,
    retries: RetryDefaults = SHIPPED_DEFAULTS,
    *,
    past_allowed: bool = False,
) -> Task:
    """A new task; `known_tools` are the names that `tools` may hold. Raises InvalidInput, InvalidSchedule, NotFound.

    What it says nothing about of its `retries` is kept in its row: other defaults later are for other tasks. With
    `past_allowed` its only instant may have passed.
    """
    refuse_unavailable(fields)
    for name in ("name", "prompt"):
        if name not in fields:
            raise InvalidInput(f"A task needs a {name}: give --{name}")
    timing = asked(fields, work.now, past_allowed=past_allowed)
    columns = checked(work, store_id, fields, known_tools)
    asked_of_retries = asked_retries(fields)
    model = columns.get("model", DEFAULT_PRESET)
    task = Task(
        id=checks.new_id(),
        store_id=store_id,
        schedule_type="manual",
        enabled=checked_enabled(fields),
        cursor_at=moment(0),
        budget_nanousd=checked_budget(fields, prices or shipped_prices(), model),
        created_at=moment(work.now),
        updated_at=moment(work.now),
        **columns,
    )
    if timing is not None:
        _write_timing(task, timing, fields)
    if task.job_id is not None:
        held_job(work, store_id, task.job_id)
        take_place(work, task)
    write_retries(task, asked_of_retries, None, retries)
    work.session.add(task)
    work.session.flush()
    decide_next(work, task)
    work.later("tasks.note_edit", now=work.now)
    note(work, "task.created", store_id, task.id, before=None, after=audited(work, task))
    return task


def update(  # noqa: PLR0913 - what people, programs and files may say
    work: Work,
    store_id: str,
    task_id: str,
    fields: TaskFields,
    known_tools: AbstractSet[str],
    prices: PriceTable | None = None,
    version: int | None = None,
    retries: RetryDefaults = SHIPPED_DEFAULTS,
    *,
    past_allowed: bool = False,
) -> Task:
    """Change what is given; raises Conflict unless the task still has the `version` that the caller saw.

    Another schedule counts from now on: the slots of the old one that are due already are accounted for first. With
    it the task gets the default `retries` of what it becomes, if it has those of what it was. A sequential task that
    is taken out of its job becomes a manual one.
    """
    refuse_unavailable(fields)
    task = locked_with_jobs(work, store_id, task_id, version, joining=fields.get("job_id"))
    before, left, watched = audited(work, task), ordered_in(task), task.watch_path
    timing = asked(fields, work.now, task, past_allowed=past_allowed)
    timing = timing or _timing_without_job(task, fields, work.now)
    columns = checked(work, store_id, fields, known_tools)
    asked_of_retries, own_retries = asked_retries(fields), own_policy(task, retries)
    model = columns.get("model", task.model)
    columns["budget_nanousd"] = checked_budget(fields, prices or shipped_prices(), model, task.budget_nanousd)
    enabled = checked_enabled(fields)
    for name, value in columns.items():
        setattr(task, name, value)
    if timing is not None:
        account(work, task, timing.cursor)
        _write_timing(task, timing, fields)
    take_place(work, task, left)
    write_retries(task, asked_of_retries, own_retries, retries)
    save(work, task)
    if watched is not None and task.watch_path is None:
        watches.forget(work, task.id)
    if timing is not None:
        decide_next(work, task)
    note(work, "task.updated", store_id, task.id, before=before, after=audited(work, task))
    if "enabled" in fields:
        return (enable if enabled else disable)(work, store_id, task_id)
    return task


def _timing_without_job(task: Task, fields: TaskFields, now: int) -> Timing | None:
    leaves_job = "job_id" in fields and fields["job_id"] is None
    return Timing(Manual(), now) if task.schedule_type == "sequential" and leaves_job else None


def _write_timing(task: Task, timing: Timing, fields: TaskFields) -> None:
    was_once = task.schedule_type == "once"
    write_schedule(task, timing.schedule)
    task.cursor_at = moment(max(timing.cursor, epoch(task.cursor_at)))
    if isinstance(timing.schedule, Manual) and not isinstance(timing.schedule, FileWatch):
        task.paused_until = None
    if task.schedule_type == "once" and not was_once and task.misfire is None and "misfire" not in fields:
        task.misfire = Misfire.LATEST
    write_next(task)
