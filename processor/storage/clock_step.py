"""Rows that a clock wrote while it was ahead, and what is put in their place."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from processor.rules.clock_step import cut
from processor.rules.disposition import Disposition, LedgerEntry
from processor.rules.schedules import Schedule
from processor.storage.work import Row, Work

PAGE = 20_000
_FIRST = "00000000-0000-0000-0000-000000000000"

Owners = Literal["clock_step", "job_clock_step"]
"""Whose slots they are: the noun of the statements about them."""
TASKS: Owners = "clock_step"
JOBS: Owners = "job_clock_step"

Move = tuple[str, int, int | None, int | None]
"""An id, the cursor, the anchor, and when it is looked at next; instants in epoch seconds."""


def lower_marks(work: Work, latest_at: int) -> bool:
    """Set back what says when the latest tick and the latest change were, if later than `latest_at`; tell whether."""
    ticked = work.first("clock_step.lower_heartbeat", now=work.now, latest_at=latest_at)
    edited = work.first("clock_step.lower_edit", now=work.now, latest_at=latest_at)
    return ticked is not None or edited is not None


def ahead(work: Work, owners: Owners, latest_at: int) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Pages of tasks, or of jobs, whose cursor is later than `latest_at`; they stay locked."""
    after = _FIRST
    while page := work.run(f"{owners}.ahead", latest_at=latest_at, after_id=after, limit=PAGE).mappings():
        yield page
        after = page[-1]["id"]


def shorten(work: Work, owners: Owners, schedules: Mapping[str, Schedule]) -> int:
    """End range rows of these, by id, at their last slot that has been; return how many ended later."""
    rows = work.all(f"{owners}.straddling", ids=json.dumps([*schedules]), now=work.now)
    if rows:
        work.run(f"{owners}.cut", [_shorter(row, schedules[row.id], work.now) for row in rows])
    return len(rows)


def _shorter(row: Row, schedule: Schedule, now: int) -> dict[str, Any]:
    whole = LedgerEntry(row.scheduled_time, Disposition(row.disposition), row.until_time, row.slot_count)
    left = cut(schedule, whole, now)
    return {
        "id": row.id,
        "scheduled_time": row.scheduled_time,
        "until_time": left.until_time,
        "slot_count": left.slot_count,
    }


def forget(work: Work, owners: Owners, ids: Sequence[str]) -> int:
    """Remove the rows of slots to come that nobody runs; return how many."""
    return work.run(f"{owners}.forget", ids=json.dumps(ids), now=work.now).rowcount


def move_back(work: Work, owners: Owners, moves: Sequence[Move]) -> None:
    """Set the cursors back."""
    work.run(f"{owners}.move_back", moves=json.dumps(moves))


def shorten_leases(work: Work, lease_seconds: int) -> int:
    """Let no lease outlast one that begins now; return how many did."""
    return work.run("clock_step.shorten_leases", lease_at=work.now + lease_seconds).rowcount


def shorten_waits(work: Work, longest_seconds: int) -> int:
    """Let no run wait longer than that for its time; return how many would have."""
    return work.run("clock_step.shorten_waits", now=work.now, longest_seconds=longest_seconds).rowcount


def shorten_refusals(work: Work) -> None:
    """A provider that refused us in a time to come may be asked again."""
    work.run("clock_step.shorten_refusals", now=work.now)
