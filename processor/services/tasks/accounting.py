"""Accounts for the slots of a task when a person's change moves its cursor: none of them is lost silently."""

from collections.abc import Iterable, Sequence

from processor.models import Task
from processor.rules.clock_step import TOLERATED_SECONDS
from processor.rules.disposition import LedgerEntry, Misfire, Overlap, decide, resume_after_pause
from processor.rules.schedules import Schedule
from processor.services.instants import epoch, epoch_or_none, moment
from processor.services.tasks.timing import schedule_of
from processor.storage import clock_step, slots
from processor.storage.work import Work

_NOTHING_ON_TIME = -1


def account(work: Work, task: Task, until: int) -> None:
    """Give every slot after the cursor up to `until` its ledger row, and move the cursor there.

    Slots of a pause, or of the time that the task was disabled, become one `skipped_paused` row; others are `missed`.
    Nothing waits any more after this. The caller holds the task's row.
    """
    task.held, task.held_slot = False, None
    undo_future(work, task)
    cursor = epoch(task.cursor_at)
    if until <= cursor:
        return
    entries = [(task.id, task.store_id, entry) for entry in _entries(task, cursor, until)]
    if entries:
        slots.enter(work, entries, lambda _: schedule_of(task))
    task.cursor_at = moment(until)
    if task.paused_until is not None and epoch(task.paused_until) <= until:
        task.paused_until = None


def missed(schedule: Schedule, cursor: int, until: int) -> Sequence[LedgerEntry]:
    """Every slot after `cursor` up to `until`, as one that nobody ran."""
    return decide(
        schedule,
        cursor=cursor,
        now=until,
        window_seconds=_NOTHING_ON_TIME,
        horizon_seconds=0,
        misfire=Misfire.SKIP,
        overlap=Overlap.SKIP,
        has_open_run=False,
        held_slot=None,
    ).entries


def undo_future(work: Work, task: Task) -> None:
    """The clock has been set back, and no tick has noticed yet: the slots to come are open again."""
    if epoch(task.cursor_at) > work.now + TOLERATED_SECONDS:
        clock_step.shorten(work, clock_step.TASKS, {task.id: schedule_of(task)})
        clock_step.forget(work, clock_step.TASKS, [task.id])
        task.cursor_at = moment(work.now)


def _entries(task: Task, cursor: int, until: int) -> Iterable[LedgerEntry]:
    schedule = schedule_of(task)
    suspended_until = _suspended_until(task, cursor, until)
    skipped = resume_after_pause(schedule, cursor, suspended_until)
    return [*([] if skipped is None else [skipped]), *missed(schedule, suspended_until, until)]


def _suspended_until(task: Task, cursor: int, until: int) -> int:
    if not task.enabled:
        return until
    return min(max(epoch_or_none(task.paused_until) or cursor, cursor), until)
