"""Creates and changes jobs. All checks come before the first write."""

from processor.errors import InvalidInput
from processor.models import Job
from processor.rules.next_look import next_look
from processor.services import checks
from processor.services.instants import epoch, moment, moment_or_none
from processor.services.jobs.fields import JobFields, asked_timing, checked
from processor.services.tasks.timing import Timing, schedule_of, write_schedule
from processor.storage.work import Work


def create(work: Work, store_id: str, fields: JobFields) -> Job:
    """A new job without tasks; no schedule means that it runs when somebody asks.

    Raises InvalidInput and InvalidSchedule.
    """
    if "name" not in fields:
        raise InvalidInput("A job needs a name: give --name")
    if "status" in fields:
        raise InvalidInput("A new job is pending: leave out its status")
    columns = checked(fields)
    timing = asked_timing(fields, work.now)
    now = moment(work.now)
    job = Job(id=checks.new_id(), store_id=store_id, cursor_at=moment(0), created_at=now, updated_at=now, **columns)
    if timing is not None:
        _write_timing(job, timing)
    work.session.add(job)
    work.session.flush()
    return job


def _write_timing(job: Job, timing: Timing) -> None:
    write_schedule(job, timing.schedule)
    job.cursor_at = moment(max(timing.cursor, epoch(job.cursor_at)))
    next_run_at = next_look(schedule_of(job), epoch(job.cursor_at), enabled=True, paused_until=None)
    job.next_run_at = moment_or_none(next_run_at)
