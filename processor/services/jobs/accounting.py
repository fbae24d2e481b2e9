"""Accounts for the slots of a job when a person's change moves its cursor: none of them is lost silently."""

from processor.models import Job
from processor.rules.clock_step import TOLERATED_SECONDS
from processor.services.instants import epoch, moment
from processor.services.tasks.accounting import missed
from processor.services.tasks.timing import schedule_of
from processor.storage import clock_step, job_slots
from processor.storage.work import Work


def account(work: Work, job: Job, until: int) -> None:
    """Give every slot after the cursor up to `until` its row, as `missed`, and move the cursor there.

    The caller holds the job's row.
    """
    _undo_future(work, job)
    cursor = epoch(job.cursor_at)
    if until <= cursor:
        return
    schedule = schedule_of(job)
    job_slots.enter(work, job.id, job.store_id, missed(schedule, cursor, until), schedule)
    job.cursor_at = moment(until)


def _undo_future(work: Work, job: Job) -> None:
    """The clock has been set back, and no tick has noticed yet: the slots to come are open again."""
    if epoch(job.cursor_at) > work.now + TOLERATED_SECONDS:
        clock_step.shorten(work, clock_step.JOBS, {job.id: schedule_of(job)})
        clock_step.forget(work, clock_step.JOBS, [job.id])
        job.cursor_at = moment(work.now)
