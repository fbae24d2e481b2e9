"""Deletes a job with its tasks, their runs and its passes; ledgers and cards stay.

1. Locks are taken in their order: the open runs of its tasks and of its pass, the passes that run and have to do with
   them, their jobs and its own, its tasks. What turned up while that was waited for lets everything go, and is looked
   at again.
2. The job goes, and by cascade all that belongs to it. A worker that executes one of the runs finds it gone.
3. A task may have come from another job whose pass runs it still: that pass goes on with what comes next. And one may
   have left this job while its pass ran it: what waited for that run, which goes with the pass, waits no longer.
   Runs of such a task that have ended are its own: they stay, without the pass that began them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from processor.errors import Conflict
from processor.models import Job
from processor.services.changes import note
from processor.services.jobs.reading import get, locked
from processor.services.jobs.view import own_values
from processor.services.tasks.reading import list as tasks_of
from processor.services.tasks.view import all_audited
from processor.storage import order, passes
from processor.storage.passes import Pass
from processor.storage.work import Row, Work

_LIVE = ("running", "waiting")


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes with a job."""

    task_count: int
    run_count: int
    pass_count: int


class _ChangedMeanwhileError(Exception):
    """Between the look at what the job has to do with and its lock, that became something else."""


def contents(work: Work, store_id: str, job_id: str) -> Contents:
    """How much `delete` takes with the job; raises NotFound."""
    row = work.mapping("job_views.contents", store_id=store_id, job_id=get(work, store_id, job_id).id)
    assert row is not None  # noqa: S101 (a count is always one row)
    return Contents(**row)


def require_deletable(work: Work, store_id: str, job_id: str) -> None:
    """Raise Conflict while a pass of the job runs, or a run of its tasks runs or waits."""
    job_id = get(work, store_id, job_id).id
    if (step := work.first("passes.run_under_way", store_id=store_id, job_id=job_id)) is not None:
        raise Conflict(
            f"A pass of the job runs: 'processor jobs cancel {job_id}' ends it, or delete with --force", step.id
        )
    for run in work.all("jobs.open_runs", store_id=store_id, job_id=job_id):
        if run.state in _LIVE:
            raise Conflict(
                f"Run {run.id} of a task of the job is {run.state}: cancel it, or delete with --force", run.id
            )


def delete(work: Work, store_id: str, job_id: str, *, force: bool = False) -> None:
    """Remove a job with its tasks, their runs, transcripts and logs, and its passes; both ledgers and the cards stay.

    Raises NotFound, and Conflict as `require_deletable` does, unless `force`.
    """
    job, bereft, task_ids = _held(work, store_id, get(work, store_id, job_id).id, force=force)
    _note(work, job)
    work.run("jobs.release_runs", store_id=store_id, job_id=job.id)
    work.run("jobs.delete", store_id=store_id, id=job.id)
    for task_id in task_ids:
        work.run("runs.release_task", task_id=task_id, started_at=None)
    for each in bereft:
        passes.go_on(work, each)


def _note(work: Work, job: Job) -> None:
    """Tell of the job and of each of its tasks, and let the session forget them: they are deleted past it."""
    members = tasks_of(work, job.store_id, job_id=job.id)
    for before in all_audited(work, members):
        note(work, "task.deleted", job.store_id, before["id"], before=before, after=None)
    note(work, "job.deleted", job.store_id, job.id, before=own_values(job), after=None)
    for each in (*members, job):
        work.session.expunge(each)


def _held(work: Work, store_id: str, job_id: str, *, force: bool) -> tuple[Job, list[Pass], set[str]]:
    """The job, the passes of other jobs that lose the run of their step under way, and the tasks that lose one."""
    while True:
        try:
            with work.savepoint():  # undoing it lets go of every lock that was taken in it
                return _lock(work, store_id, job_id, force=force)
        except _ChangedMeanwhileError:
            continue


def _lock(work: Work, store_id: str, job_id: str, *, force: bool) -> tuple[Job, list[Pass], set[str]]:
    of_job = {"store_id": store_id, "job_id": job_id}
    runs = work.all("jobs.lock_open_runs", **of_job)
    touched = [row.id for row in work.all("passes.touching_job", **of_job)]
    held = [each for each in (passes.lock(work, id_) for id_ in touched) if each is not None]
    order.hold(work, store_id, [*{each.job_id for each in held} | {job_id}])
    job = locked(work, store_id, job_id)
    work.run("jobs.lock_tasks", **of_job)
    _require_same(runs, work.all("jobs.open_runs", **of_job))
    _require_same(held, work.all("passes.touching_job", **of_job))
    if not force:
        require_deletable(work, store_id, job_id)
    of_runs = {run.job_run_id for run in runs}
    bereft = [each for each in held if each.id in of_runs and each.job_id != job_id]
    return job, bereft, {run.task_id for run in runs}


def _require_same(held: Sequence[Row | Pass], now: Sequence[Row]) -> None:
    if {each.id for each in held} != {row.id for row in now}:
        raise _ChangedMeanwhileError
