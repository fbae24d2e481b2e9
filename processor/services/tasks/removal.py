"""Deletes a task, and moves on the passes in which it is the step under way.

1. Locks are taken in their order: the task's open runs, the running passes that name it, their jobs and its own, the
   task. What turned up while that was waited for lets everything go, and is looked at again.
2. The task goes with its runs and its steps; the gap in its job's order is closed.
3. A pass whose open run went with the task goes on with what comes next, so that it never runs without one.
"""

from collections.abc import Iterable

from processor.errors import Conflict
from processor.models import Task
from processor.services.changes import note
from processor.services.tasks.membership import close_gap, ordered_in
from processor.services.tasks.reading import get, locked
from processor.services.tasks.view import audited
from processor.storage import order, passes
from processor.storage.passes import Pass
from processor.storage.work import Row, Work


class _ChangedMeanwhileError(Exception):
    """Between the look at what the task has to do with and its lock, that became something else."""


def delete(work: Work, store_id: str, task_id: str, *, force: bool = False) -> None:
    """Remove a task with its runs; its ledger stays. Raises Conflict while a run of it is live, unless `force`."""
    task, under_way = _held(work, store_id, task_id, force=force)
    before, job_id = audited(work, task), ordered_in(task)
    work.session.expunge(task)
    work.run("tasks.delete", store_id=store_id, id=task.id)
    note(work, "task.deleted", store_id, task.id, before=before, after=None)
    if job_id is not None:
        close_gap(work, job_id)
    for each in under_way:
        passes.go_on(work, each)


def _held(work: Work, store_id: str, task_id: str, *, force: bool) -> tuple[Task, list[Pass]]:
    """The task, and the passes in which its run is the one under way, with all that changes when it goes."""
    while True:
        seen = get(work, store_id, task_id)
        try:
            with work.savepoint():  # undoing it lets go of every lock that was taken in it
                return _lock(work, seen.id, store_id, seen.job_id, force=force)
        except _ChangedMeanwhileError:
            continue


def _lock(work: Work, task_id: str, store_id: str, job_id: str | None, *, force: bool) -> tuple[Task, list[Pass]]:
    runs = work.all("tasks.lock_open_runs", store_id=store_id, task_id=task_id)
    _require_none_live(runs, force=force)
    named = [row.id for row in work.all("passes.naming", store_id=store_id, task_id=task_id)]
    held = [each for each in (passes.lock(work, id_) for id_ in named) if each is not None]
    jobs = {each.job_id for each in held} | ({job_id} if job_id is not None else set())
    order.hold(work, store_id, list(jobs))
    task = locked(work, store_id, task_id)
    _require_same(runs, work.all("tasks.open_runs", store_id=store_id, task_id=task_id))
    _require_same(held, work.all("passes.naming", store_id=store_id, task_id=task_id))
    if task.job_id != job_id:
        raise _ChangedMeanwhileError
    of_runs = {run.job_run_id for run in runs}
    return task, [each for each in held if each.id in of_runs]


def _require_none_live(runs: Iterable[Row], *, force: bool) -> None:
    live = next((run for run in runs if run.state != "queued"), None)
    if live is not None and not force:
        raise Conflict(f"Run {live.id} of the task is {live.state}: cancel it first, or use --force", live.id)


def _require_same(held: Iterable[Row | Pass], now: Iterable[Row]) -> None:
    if {each.id for each in held} != {row.id for row in now}:
        raise _ChangedMeanwhileError
