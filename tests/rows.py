"""Rows that tests look at, or put there by themselves."""

import uuid
from typing import Any

from sqlmodel import col, select

from processor.models import LedgerRow, Run
from processor.services.instants import epoch, epoch_or_none, moment
from processor.storage.work import Work

WORKER = "00000000-0000-4000-8000-0000000000aa"


def ledger_of(work: Work, task_id: str) -> list[tuple[int, str, int | None, int]]:
    """What became of the task's slots: scheduled time, disposition, end of the range, how many slots."""
    query = select(LedgerRow).where(LedgerRow.task_id == task_id).order_by(col(LedgerRow.scheduled_time))
    return [
        (epoch(row.scheduled_time), row.disposition, epoch_or_none(row.until_time), row.slot_count)
        for row in work.session.exec(query)
    ]


def add_run(work: Work, store_id: str, task_id: str, state: str = "queued", **columns: Any) -> str:
    """A run of the task by hand in the given state; its id."""
    now = moment(work.now)
    by_state: dict[str, dict[str, Any]] = {
        "running": {"worker_id": WORKER, "lease_expires_at": moment(work.now + 120), "started_at": now},
        "waiting": {"waiting_for": "retry", "waiting_since": now, "not_before": now},
        "succeeded": {"finished_at": now},
        "failed": {"finished_at": now, "error_class": "timed_out"},
        "cancelled": {"finished_at": now},
    }
    run: dict[str, Any] = {"id": str(uuid.uuid4()), "trigger": "manual", "queued_at": now}
    run |= by_state.get(state, {}) | columns
    work.session.add(Run(store_id=store_id, task_id=task_id, state=state, **run))
    work.session.flush()
    return str(run["id"])
