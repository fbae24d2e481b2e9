"""The events of a run's life, each written where its change is."""

from collections.abc import Sequence
from typing import Any

from processor.rules.instants import iso_or_none
from processor.storage.events import Event, emit, emit_all
from processor.storage.work import Row, Work

_NANO = 1_000_000_000


def started(work: Work, rows: Sequence[Row]) -> None:
    """Attempts began; rows of runs that were claimed."""
    emit_all(work, [Event("run.started", row.store_id, row.id, _of(row)) for row in rows])


def recovered(work: Work, rows: Sequence[Row]) -> None:
    """Runs were taken over from workers that went silent."""
    told = [_of(row) | {"recoveries": row.recoveries} for row in rows]
    emit_all(work, [Event("run.recovered", row.store_id, row.id, each) for row, each in zip(rows, told, strict=True)])


def waiting(work: Work, row: Row, not_before: int | None, error_class: str | None) -> None:
    """A run was handed back until `not_before`, epoch seconds, because of an error or not."""
    told = {"waiting_for": row.waiting_for, "not_before": iso_or_none(not_before), "error_class": error_class}
    emit(work, "run.waiting", row.store_id, row.id, **_of(row), **told)


def ended(work: Work, row: Row, state: str, error_class: str | None = None) -> None:
    """A run succeeded, failed for good, or was cancelled."""
    told = {"error_class": error_class, "cost_usd": row.cost_nanousd / _NANO}
    emit(work, f"run.{state}", row.store_id, row.id, **_of(row), **told)


def unlocked(work: Work, row: Row) -> None:
    """A run was taken from its worker by a person."""
    emit(work, "run.unlocked", row.store_id, row.id, **_of(row))


def _of(row: Row) -> dict[str, Any]:
    return {"task_id": row.task_id, "job_run_id": row.job_run_id, "attempt": row.attempt}
