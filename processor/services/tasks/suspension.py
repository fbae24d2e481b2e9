"""Stops and starts the slots, or looks, of a task. Manual runs, retries, approvals and job steps go on meanwhile."""

from collections.abc import Mapping
from typing import Any

from processor.errors import Conflict, InvalidInput
from processor.models import Task
from processor.rules.schedules import Manual, Sequential
from processor.rules.schedules.file_watch import FileWatch
from processor.services.changes import note
from processor.services.instants import epoch, moment
from processor.services.since import ahead
from processor.services.tasks.accounting import account, undo_future
from processor.services.tasks.adapting import decide_next, is_adaptive
from processor.services.tasks.reading import locked, save
from processor.services.tasks.timing import schedule_of, write_next
from processor.services.tasks.view import audited
from processor.storage.work import Work


def disable(work: Work, store_id: str, task_id: str, version: int | None = None) -> Task:
    """No more slots until `enable`. The cursor stays, so that what falls into this time is accounted for then."""
    task = locked(work, store_id, task_id, version)
    if not task.enabled:
        return task
    before = audited(work, task)
    task.enabled, task.paused_until, task.held, task.held_slot = False, None, False, None
    _account_for_last(work, task)
    return _saved(work, task, "task.disabled", before)


def enable(work: Work, store_id: str, task_id: str, version: int | None = None) -> Task:
    """Go on after `disable`, or end a pause. The anchor stays; what fell into that time is one `skipped_paused` row."""
    task = locked(work, store_id, task_id, version)
    if task.enabled and task.paused_until is None:
        return task
    before = audited(work, task)
    account(work, task, _end_of_suspension(task, work.now))
    task.enabled, task.paused_until = True, None
    return _saved(work, task, "task.enabled", before)


def pause(work: Work, store_id: str, task_id: str, until: str | int, version: int | None = None) -> Task:
    """No slots up to `until`, an instant to come or a duration from now; the schedule goes on after it by itself."""
    task = locked(work, store_id, task_id, version)
    until_at = ahead(until, work.now, "--until")
    if until_at <= work.now:
        raise InvalidInput(f"The pause would be over already ({until}): give an instant to come, or a duration like 2d")
    if not task.enabled:
        raise Conflict("The task is disabled, which is a pause without an end: enable it first")
    schedule = schedule_of(task)
    if isinstance(schedule, Sequential):
        raise InvalidInput("A step of a job has no schedule that could pause: disable it, and passes go over it")
    if isinstance(schedule, Manual) and not isinstance(schedule, FileWatch):
        raise InvalidInput("The task has no schedule that could pause: it runs only when somebody asks")
    before = audited(work, task)
    task.paused_until, task.held, task.held_slot = moment(until_at), False, None
    _account_for_last(work, task)
    return _saved(work, task, "task.paused", before)


def _saved(work: Work, task: Task, event: str, before: Mapping[str, Any]) -> Task:
    write_next(task)
    save(work, task)
    decide_next(work, task)
    note(work, event, task.store_id, task.id, before=before, after=audited(work, task))
    return task


def _account_for_last(work: Work, task: Task) -> None:
    """What a clock wrote that was ahead is undone before the task stops, because what it is then counts from now on.

    An adaptive task that stops gets another next time, or none: the one that is due already would be forgotten.
    """
    undo_future(work, task)
    if is_adaptive(task):
        account(work, task, work.now)


def _end_of_suspension(task: Task, now: int) -> int:
    """A pause that nobody has ended yet may be over: the slots after it are due like any other."""
    if task.enabled and task.paused_until is not None:
        return min(now, epoch(task.paused_until))
    return now
