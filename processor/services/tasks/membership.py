"""A task's job and its place there: tasks join, leave and move, and every order stays without a gap.

1. The jobs are held before the task's row, by id: what a task has to do with is read without a lock, held, and read
   again; if it is something else by then, everything is let go and looked at again.
2. A task that becomes sequential in a job goes to the end of its order; the gap that one leaves is closed.
3. A job whose order changed has another version, so that who orders it as it was meets a conflict.
"""

from processor.models import Task
from processor.services import checks
from processor.services.tasks.reading import get, locked
from processor.storage import order
from processor.storage.work import Work


class _MovedMeanwhileError(Exception):
    """The task went to another job between the look at it and its lock."""


def ordered_in(task: Task) -> str | None:
    """The id of the job in whose order the task has a position; None if it has none."""
    return task.job_id if task.position is not None else None


def held_job(work: Work, store_id: str, job_id: str) -> str:
    """The id of a job that nobody else changes before this transaction ends; raises NotFound."""
    held = order.hold(work, store_id, [checks.known_id(job_id, "job")])
    if not held:
        raise checks.unknown("job", job_id)
    return held[0]


def locked_with_jobs(
    work: Work, store_id: str, task_id: str, version: int | None = None, joining: str | None = None
) -> Task:
    """The task, its job and the one that it is to join, all held; raises NotFound and Conflict as `locked` does."""
    wanted = None if joining is None else checks.known_id(joining, "job")
    while True:
        seen = get(work, store_id, task_id).job_id
        try:
            with work.savepoint():  # undoing it lets go of every lock that was taken in it
                return _lock(work, store_id, task_id, version, seen, wanted)
        except _MovedMeanwhileError:
            continue


def _lock(work: Work, store_id: str, task_id: str, version: int | None, seen: str | None, wanted: str | None) -> Task:
    held = order.hold(work, store_id, [job_id for job_id in (seen, wanted) if job_id is not None])
    task = locked(work, store_id, task_id, version)
    if task.job_id != seen:
        raise _MovedMeanwhileError
    if wanted is not None and wanted not in held:
        raise checks.unknown("job", wanted)
    return task


def take_place(work: Work, task: Task, left: str | None = None) -> None:
    """Give a task whose job and schedule have changed the position that they call for, and close the gap behind it.

    `left` is the job in whose order it stood; that one, the task's job and the task are held.
    """
    job_id = task.job_id if task.schedule_type == "sequential" else None
    if job_id == left:
        return
    task.position = None if job_id is None else len(order.of(work, job_id)) + 1
    work.session.flush()
    if left is not None:
        close_gap(work, left)
    if job_id is not None:
        order.note_change(work, job_id)


def close_gap(work: Work, job_id: str) -> None:
    """Number the tasks of a job that is held anew after one has left."""
    order.close_gap(work, job_id)
    order.note_change(work, job_id)
