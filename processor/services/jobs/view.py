"""The job object of the command line, REST and the console: the job, its tasks in order, and its newest pass."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from processor.models import Job
from processor.rules.instants import iso, iso_or_none
from processor.rules.schedules import from_columns
from processor.rules.sequence import JobStatus
from processor.services.instants import shown, shown_or_none
from processor.services.tasks.timing import schedule_of
from processor.services.tasks.view import in_words, schedule_view
from processor.storage.slots import SCHEDULE_COLUMNS
from processor.storage.work import Work

Columns = Mapping[str, Any]


def view(work: Work, job: Job) -> dict[str, Any]:
    """Every key that `jobs get --json` shows; instants are ISO 8601 in UTC."""
    return views(work, [job])[0]


def views(work: Work, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """`view` of several jobs, with as many statements as of one."""
    ids = json.dumps([job.id for job in jobs])
    passes = {row["job_id"]: row for row in work.run("job_views.newest_passes", ids=ids).mappings()}
    tasks = defaultdict[str, list[Columns]](list)
    for row in work.run("job_views.tasks", ids=ids).mappings():
        tasks[row["job_id"]].append(row)
    return [_view(job, passes.get(job.id), tasks[job.id]) for job in jobs]


def own_values(job: Job) -> dict[str, Any]:
    """What people have said about a job: what the audit trail keeps of a change."""
    return {
        "name": job.name,
        "description": job.description,
        "status": job.status,
        "schedule": schedule_view(job),
    }


def _view(job: Job, newest: Columns | None, tasks: Sequence[Columns]) -> dict[str, Any]:
    order = [row["id"] for row in tasks if row["position"] is not None]
    return {
        "id": job.id,
        "store_id": job.store_id,
        "name": job.name,
        "description": job.description,
        "status": job.status,
        "progress": _progress(job, newest, len(order)),
        "task_order": order,
        "tasks": [_task(row) for row in tasks],
        "schedule": schedule_view(job),
        "schedule_text": in_words(job.schedule_type, schedule_of(job)),
        "next_run_at": shown_or_none(job.next_run_at),
        "job_run": None if newest is None else _pass(newest),
        "created_at": shown(job.created_at),
        "updated_at": shown(job.updated_at),
        "version": job.version,
    }


def _progress(job: Job, newest: Columns | None, steps: int) -> str:
    """How far the newest pass is, or that none has begun since the job was made or reset."""
    if newest is None or job.status == JobStatus.PENDING:
        return f"0/{steps}"
    return f"{newest['index_count']}/{newest['total_count']}"


def _task(row: Columns) -> dict[str, Any]:
    """A member, and what became of it in the newest pass; `step` is its place in the order of that pass."""
    schedule = from_columns(*(row[name] for name in SCHEDULE_COLUMNS))
    return {
        "id": row["id"],
        "name": row["name"],
        "position": row["position"],
        "schedule_text": in_words(row["schedule_type"], schedule),
        "enabled": bool(row["enabled"]),
        "step": row["step"],
        "state": row["state"],
        "skip_reason": row["skip_reason"],
        "run_id": row["run_id"],
    }


def _pass(row: Columns) -> dict[str, Any]:
    return {
        "id": row["id"],
        "number": row["number"],
        "trigger": row["trigger"],
        "scheduled_time": iso_or_none(row["scheduled_time"]),
        "state": row["state"],
        "position": row["position"],
        "first_position": row["first_position"],
        "started_at": iso(row["started_at"]),
        "finished_at": iso_or_none(row["finished_at"]),
        "run_id": row["run_id"],
    }
