"""Creates, changes and deletes tasks. All checks come before the first write."""

from collections.abc import Set as AbstractSet

from processor.errors import Conflict, InvalidInput
from processor.llm.prices import DEFAULT_PRESET, PriceTable, shipped_prices
from processor.models import Task
from processor.rules.disposition import Misfire
from processor.services import checks
from processor.services.instants import epoch, moment
from processor.services.tasks.accounting import account
from processor.services.tasks.fields import TaskFields, checked, checked_budget, checked_enabled, refuse_unavailable
from processor.services.tasks.reading import get, locked, save
from processor.services.tasks.suspension import disable, enable
from processor.services.tasks.timing import Timing, asked, write_next, write_schedule
from processor.storage.work import Work


def create(
    work: Work, store_id: str, fields: TaskFields, known_tools: AbstractSet[str], prices: PriceTable | None = None
) -> Task:
    """A new task; `known_tools` are the names that `tools` may hold. Raises InvalidInput, InvalidSchedule, NotFound."""
    refuse_unavailable(fields)
    for name in ("name", "prompt"):
        if name not in fields:
            raise InvalidInput(f"A task needs a {name}: give --{name}")
    timing = asked(fields, work.now)
    columns = checked(work, store_id, fields, known_tools)
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
    work.session.add(task)
    work.session.flush()
    work.later("tasks.note_edit", now=work.now)
    return task


def update(
    work: Work,
    store_id: str,
    task_id: str,
    fields: TaskFields,
    known_tools: AbstractSet[str],
    prices: PriceTable | None = None,
    version: int | None = None,
) -> Task:
    """Change what is given; raises Conflict unless the task still has the `version` that the caller saw.

    Another schedule counts from now on: the slots of the old one that are due already are accounted for first.
    """
    refuse_unavailable(fields)
    task = locked(work, store_id, task_id, version)
    timing = asked(fields, work.now, task)
    columns = checked(work, store_id, fields, known_tools)
    model = columns.get("model", task.model)
    columns["budget_nanousd"] = checked_budget(fields, prices or shipped_prices(), model, task.budget_nanousd)
    enabled = checked_enabled(fields)
    for name, value in columns.items():
        setattr(task, name, value)
    if timing is not None:
        account(work, task, timing.cursor)
        _write_timing(task, timing, fields)
    save(work, task)
    if "enabled" in fields:
        return (enable if enabled else disable)(work, store_id, task_id)
    return task


def delete(work: Work, store_id: str, task_id: str, *, force: bool = False) -> None:
    """Remove a task with its runs; its ledger stays. Raises Conflict while a run of it is live, unless `force`."""
    task_id = get(work, store_id, task_id).id
    run = work.first("tasks.live_run", store_id=store_id, task_id=task_id)
    if run is not None and run.state != "queued" and not force:
        raise Conflict(f"Run {run.id} of the task is {run.state}: cancel it first, or use --force", run.id)
    work.session.expunge(get(work, store_id, task_id))
    work.run("tasks.delete", store_id=store_id, id=task_id)


def _write_timing(task: Task, timing: Timing, fields: TaskFields) -> None:
    was_once = task.schedule_type == "once"
    write_schedule(task, timing.schedule)
    task.cursor_at = moment(max(timing.cursor, epoch(task.cursor_at)))
    if task.schedule_type == "manual":
        task.paused_until = None
    if task.schedule_type == "once" and not was_once and task.misfire is None and "misfire" not in fields:
        task.misfire = Misfire.LATEST
    write_next(task)
