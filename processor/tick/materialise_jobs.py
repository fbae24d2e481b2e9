"""Due slots of jobs become ledger rows, passes and a moved cursor."""

from collections.abc import Iterable, Sequence

from processor.errors import InvalidSchedule
from processor.log import get_logger
from processor.rules.disposition import Decision, Misfire, Overlap, decide
from processor.rules.schedules import Once
from processor.settings import Settings
from processor.storage import job_slots
from processor.storage.database import Database
from processor.storage.faults import BrokenConstraint
from processor.storage.job_slots import Job, Page
from processor.storage.work import Work
from processor.tick.slot_counts import SlotCounts


def materialise_jobs(
    database: Database, settings: Settings, store_id: str | None, page: Page, counts: SlotCounts
) -> None:
    """Account for every due slot of jobs, beginning with a page that was read already.

    1. Jobs that are due still are held, each by one process; who comes second leaves them out.
    2. The rules decide about their slots as about those of tasks. A pass that runs is in the way of the next one,
       which is skipped: passes of a job never wait for one another.
    3. Ledger rows, the cursor, and where a slot was won the pass and the run of its first step: one transaction for
       a page. Where the database refuses a row, one for each job, so that a broken one stops no other.
    """
    while page.ids:
        counts.due += len(page.ids)
        counts.include(_settled(database, settings, page.ids))
        if page.last:
            return
        with database.reading() as work:
            page = job_slots.due(work, store_id, page.after)


def materialise_job(work: Work, settings: Settings, job_id: str) -> None:
    """Account for the due slots of one job, which nobody else is at, within the caller's transaction."""
    _settle(work, settings, [job_id])


def preview_jobs(work: Work, settings: Settings, store_id: str | None) -> list[tuple[Job, Decision]]:
    """Each job that is due now, and what `materialise_jobs` would decide for it; writes nothing."""
    found, page = list[tuple[Job, Decision]](), job_slots.due(work, store_id)
    while page.ids:
        jobs = job_slots.standing(work, page.ids)
        decisions = _decide_all(jobs, settings, work.now)
        found += [(job, decisions[job["id"]]) for job in jobs if job["id"] in decisions]
        page = job_slots.NOTHING if page.last else job_slots.due(work, store_id, page.after)
    return found


def _settled(database: Database, settings: Settings, job_ids: Sequence[str]) -> SlotCounts:
    try:
        return database.write(_settle, settings, job_ids)
    except BrokenConstraint as error:
        if len(job_ids) == 1:
            get_logger().error("job.refused", job_id=job_ids[0], reason=str(error))
            return SlotCounts()
    counts = SlotCounts()
    for job_id in job_ids:
        counts.include(_settled(database, settings, [job_id]))
    return counts


def _settle(work: Work, settings: Settings, job_ids: Sequence[str]) -> SlotCounts:
    jobs = job_slots.hold(work, job_ids)
    decisions = _decide_all(jobs, settings, work.now)
    counts = SlotCounts(claimed=job_slots.record(work, jobs, decisions) if decisions else 0)
    for decision in decisions.values():
        counts.add(decision)
    return counts


def _decide_all(jobs: Iterable[Job], settings: Settings, now: int) -> dict[str, Decision]:
    decisions = {}
    for job in jobs:
        try:
            decisions[job["id"]] = _decide(job, settings, now)
        except InvalidSchedule as error:
            get_logger().error("job.unschedulable", job_id=job["id"], store_id=job["store_id"], reason=str(error))
    return decisions


def _decide(job: Job, settings: Settings, now: int) -> Decision:
    """The rules' decision; of late slots a job runs the newest at most, because its passes would follow one another."""
    schedule = job_slots.schedule_of(job)
    lets_go = job["misfire"] == Misfire.SKIP and not isinstance(schedule, Once)
    return decide(
        schedule,
        cursor=job["cursor_at"],
        now=now,
        window_seconds=settings.window_seconds,
        horizon_seconds=settings.horizon_seconds,
        misfire=Misfire.SKIP if lets_go else Misfire.LATEST,
        overlap=Overlap.SKIP,
        has_open_run=bool(job["is_running"]),
        held_slot=None,
    )
