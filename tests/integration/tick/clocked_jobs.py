"""Jobs with a clock of their own, and what became of their slots."""

from typing import Any

from processor.models import Job, JobLedgerRow, JobRun
from processor.services.instants import epoch, epoch_or_none, moment
from tests.conftest import MONDAY_MORNING
from tests.world import DEFAULT_STORE, HOUR, World

NOW = MONDAY_MORNING
MINUTE, DAY = 60, 24 * HOUR
HOURLY: dict[str, Any] = {"schedule_type": "interval", "interval_seconds": HOUR}


def job(world: World, steps: int = 2, store_id: str = DEFAULT_STORE, **columns: Any) -> str:
    """A job that is due now, and then every hour unless told otherwise."""
    job_id, _ = world.job(steps, store_id)
    (row,) = world.rows(Job, id=job_id)
    now = world.clock.now
    timing = columns or HOURLY | {"anchor_at": moment(now)}
    world.change(row, **{"cursor_at": moment(now - 1), "next_run_at": moment(now)} | timing)
    return job_id


def row_of(world: World, job_id: str) -> Job:
    return world.rows(Job, id=job_id)[0]


def ledger(world: World, job_id: str) -> list[tuple[int, str, int | None, int]]:
    return [
        (epoch(row.scheduled_time), row.disposition, epoch_or_none(row.until_time), row.slot_count)
        for row in world.rows(JobLedgerRow, "scheduled_time", job_id=job_id)
    ]


def pass_slots(world: World, job_id: str) -> list[int | None]:
    return [epoch_or_none(each.scheduled_time) for each in world.rows(JobRun, "number", job_id=job_id)]
