"""Accounts for the slots of a job when a person's change moves its cursor: none of them is lost silently."""

from processor.models import Job
from processor.services.instants import epoch, moment
from processor.services.tasks.accounting import missed
from processor.services.tasks.timing import schedule_of
from processor.storage import job_slots
from processor.storage.work import Work


def account(work: Work, job: Job, until: int) -> None:
    """Give every slot after the cursor up to `until` its row, as `missed`, and move the cursor there.

    The caller holds the job's row.
    """
    cursor = epoch(job.cursor_at)
    if until <= cursor:
        return
    schedule = schedule_of(job)
    job_slots.enter(work, job.id, job.store_id, missed(schedule, cursor, until), schedule)
    job.cursor_at = moment(until)
