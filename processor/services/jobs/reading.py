"""Finds jobs, and locks them for a change."""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from processor.errors import Conflict
from processor.models import Job
from processor.rules.clock_step import TOLERATED_SECONDS
from processor.services import checks
from processor.services.instants import epoch, moment
from processor.storage.work import Work


def get(work: Work, store_id: str, job_id: str) -> Job:
    """One job; raises NotFound."""
    return _one(work, job_id, _query(store_id, job_id))


def list(work: Work, store_id: str, limit: int | None = None) -> Sequence[Job]:
    """Jobs by age, at most `limit`."""
    query = select(Job).where(Job.store_id == store_id)
    return work.session.exec(query.order_by(col(Job.created_at), col(Job.id)).limit(checks.limit(limit))).all()


def count_unassigned(work: Work, store_id: str) -> int:
    """How many tasks of the store belong to no job."""
    return int(work.run("job_views.count_unassigned", store_id=store_id).scalar_one())


def locked(work: Work, store_id: str, job_id: str, version: int | None = None) -> Job:
    """The job, which nobody else changes before this transaction ends; raises Conflict if `version` is an old one.

    No pass of it begins meanwhile, and nobody else changes its order. Runs and passes are locked before.
    """
    query = _query(store_id, job_id).with_for_update().execution_options(populate_existing=True)
    job = _one(work, job_id, query)
    if version is not None and version != job.version:
        raise Conflict(f"The job was changed meanwhile (version {job.version}): look again, then repeat the change")
    return job


def save(work: Work, job: Job) -> Job:
    """Write a changed row as its next version; a small correction of the clock does not make it look older."""
    job.version += 1
    if not 0 < epoch(job.updated_at) - work.now <= TOLERATED_SECONDS:
        job.updated_at = moment(work.now)
    work.session.flush()
    work.later("tasks.note_edit", now=work.now)
    return job


def _query(store_id: str, job_id: str) -> SelectOfScalar[Job]:
    return select(Job).where(Job.store_id == store_id, Job.id == checks.known_id(job_id, "job"))


def _one(work: Work, job_id: str, query: SelectOfScalar[Job]) -> Job:
    job = work.session.exec(query).first()
    if job is None:
        raise checks.unknown("job", job_id)
    return job
