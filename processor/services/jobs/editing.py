"""Creates and changes jobs. All checks come before the first write."""

from processor.errors import Conflict, InvalidInput
from processor.models import Job
from processor.rules.next_look import next_look
from processor.rules.sequence import JobStatus
from processor.services import checks
from processor.services.changes import note
from processor.services.instants import epoch, moment, moment_or_none
from processor.services.jobs.accounting import account
from processor.services.jobs.cancelling import cancel
from processor.services.jobs.fields import JobFields, asked_timing, checked, checked_status
from processor.services.jobs.reading import locked, save
from processor.services.jobs.view import own_values
from processor.services.tasks.timing import Timing, schedule_of, write_schedule
from processor.storage.work import Work


def create(work: Work, store_id: str, fields: JobFields, *, past_allowed: bool = False) -> Job:
    """A new job without tasks; no schedule means that it runs when somebody asks.

    With `past_allowed` its only instant may have passed.

    Raises InvalidInput and InvalidSchedule.
    """
    if "name" not in fields:
        raise InvalidInput("A job needs a name: give --name")
    if "status" in fields:
        raise InvalidInput("A new job is pending: leave out its status")
    columns = checked(fields)
    timing = asked_timing(fields, work.now, past_allowed=past_allowed)
    now = moment(work.now)
    job = Job(id=checks.new_id(), store_id=store_id, cursor_at=moment(0), created_at=now, updated_at=now, **columns)
    if timing is not None:
        _write_timing(job, timing)
    work.session.add(job)
    work.session.flush()
    work.later("tasks.note_edit", now=work.now)
    note(work, "job.created", store_id, job.id, before=None, after=own_values(job))
    return job


def update(
    work: Work, store_id: str, job_id: str, fields: JobFields, version: int | None = None, *, past_allowed: bool = False
) -> Job:
    """Change what is given; raises Conflict unless the job still has the `version` that the caller saw.

    Another schedule counts from now on: the slots of the old one that are due already are accounted for first. Status
    `cancelled` is `cancel`; `pending` resets a job whose pass has ended, and is a Conflict while one runs.
    """
    columns, status = checked(fields), checked_status(fields)
    if status is JobStatus.CANCELLED:
        cancel(work, store_id, job_id)  # before the job is held: its run comes first in the order of locks
    job = locked(work, store_id, job_id, version)
    before = own_values(job)
    timing = asked_timing(fields, work.now, job, past_allowed=past_allowed)
    if status is JobStatus.PENDING:
        _reset(work, job)
    for name, value in columns.items():
        setattr(job, name, value)
    if timing is not None:
        account(work, job, timing.cursor)
        _write_timing(job, timing)
    after = own_values(job)
    if after == before:
        return job
    note(work, "job.updated", store_id, job.id, before=before, after=after)
    return save(work, job)


def _reset(work: Work, job: Job) -> None:
    run = work.first("passes.run_under_way", store_id=job.store_id, job_id=job.id)
    if run is not None:
        raise Conflict(f"A pass of the job runs: 'processor jobs cancel {job.id}' ends it", run.id)
    job.status = JobStatus.PENDING


def _write_timing(job: Job, timing: Timing) -> None:
    write_schedule(job, timing.schedule)
    job.cursor_at = moment(max(timing.cursor, epoch(job.cursor_at)))
    next_run_at = next_look(schedule_of(job), epoch(job.cursor_at), enabled=True, paused_until=None)
    job.next_run_at = moment_or_none(next_run_at)
