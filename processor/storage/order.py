"""The order of a job's sequential tasks: positions from 1 without a gap. Who changes one holds the job first."""

import json
from collections.abc import Sequence

from processor.storage.work import Work


def hold(work: Work, store_id: str, job_ids: Sequence[str]) -> list[str]:
    """Hold jobs of a store until the transaction ends; return the ids of those that are there."""
    return [row.id for row in work.all("jobs.hold", store_id=store_id, ids=json.dumps(sorted(job_ids)))]


def of(work: Work, job_id: str) -> list[str]:
    """The ids of a job's sequential tasks in their order."""
    return [row.id for row in work.all("jobs.order", job_id=job_id)]


def write(work: Work, job_id: str, task_ids: Sequence[str]) -> None:
    """Give the job's sequential tasks, all of which are named, their positions."""
    work.run("jobs.make_room", job_id=job_id)
    work.run("jobs.write_order", job_id=job_id, ids=json.dumps(task_ids))


def close_gap(work: Work, job_id: str) -> None:
    """Number the tasks anew after one has left."""
    write(work, job_id, of(work, job_id))


def note_change(work: Work, job_id: str) -> None:
    """Make the job the next version of itself, so that who saw the order before is told that it is an old one."""
    work.run("jobs.note_change", id=job_id, now=work.now)
