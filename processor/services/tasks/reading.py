"""Finds tasks, and locks them for a change."""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from processor.errors import Conflict, InvalidInput
from processor.models import Task
from processor.rules.clock_step import TOLERATED_SECONDS
from processor.services import checks
from processor.services.instants import epoch, moment
from processor.services.tasks.fields import existing_job
from processor.storage.work import Work


def get(work: Work, store_id: str, task_id: str) -> Task:
    """One task; raises NotFound."""
    return _one(work, task_id, _query(store_id, task_id))


def list(
    work: Work, store_id: str, limit: int | None = None, *, job_id: str | None = None, unassigned: bool = False
) -> Sequence[Task]:
    """Tasks by age, at most `limit`: all, those of a job, its sequential ones first and in order, or those without one.

    Raises InvalidInput, and NotFound for a job that is not there.
    """
    query = select(Task).where(Task.store_id == store_id)
    if job_id is not None and unassigned:
        raise InvalidInput("A task of a job is not unassigned: give --job-id or --unassigned")
    if job_id is not None:
        query = query.where(Task.job_id == existing_job(work, store_id, job_id))
        query = query.order_by(col(Task.position).is_(None), col(Task.position))
    elif unassigned:
        query = query.where(col(Task.job_id).is_(None))
    return work.session.exec(query.order_by(col(Task.created_at), col(Task.id)).limit(checks.limit(limit))).all()


def locked(work: Work, store_id: str, task_id: str, version: int | None = None) -> Task:
    """The task, which nobody else changes before this transaction ends; raises Conflict if `version` is an old one."""
    query = _query(store_id, task_id).with_for_update().execution_options(populate_existing=True)
    task = _one(work, task_id, query)
    if version is not None and version != task.version:
        raise Conflict(f"The task was changed meanwhile (version {task.version}): look again, then repeat the change")
    return task


def save(work: Work, task: Task) -> Task:
    """Write a changed row as its next version; a small correction of the clock does not make it look older."""
    task.version += 1
    if not 0 < epoch(task.updated_at) - work.now <= TOLERATED_SECONDS:
        task.updated_at = moment(work.now)
    work.session.flush()
    work.later("tasks.note_edit", now=work.now)
    return task


def _query(store_id: str, task_id: str) -> SelectOfScalar[Task]:
    return select(Task).where(Task.store_id == store_id, Task.id == checks.known_id(task_id, "task"))


def _one(work: Work, task_id: str, query: SelectOfScalar[Task]) -> Task:
    task = work.session.exec(query).first()
    if task is None:
        raise checks.unknown("task", task_id)
    return task
