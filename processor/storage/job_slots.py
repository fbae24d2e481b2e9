"""Slots of jobs: ledger rows, the moved cursor and the pass that a claim begins, all in one transaction."""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processor.rules.disposition import Decision, Disposition, LedgerEntry
from processor.rules.schedules import Schedule, from_columns
from processor.storage import passes, slot_events, slots
from processor.storage.slots import FIRST, SCHEDULE_COLUMNS, Entry
from processor.storage.work import Work

PAGE = 100
"""Jobs settled in one transaction: each begins a pass with some ten statements, and nobody else writes meanwhile."""

Job = Mapping[str, Any]
"""A job's schedule and where it stands, as plain columns."""


@dataclass(frozen=True, slots=True)
class Page:
    """The ids of some due jobs, and where the next page begins."""

    ids: Sequence[str]
    after: tuple[int, str]

    @property
    def last(self) -> bool:
        """True when no further page follows."""
        return len(self.ids) < PAGE


NOTHING = Page((), FIRST)


def due(work: Work, store_id: str | None, after: tuple[int, str] = FIRST) -> Page:
    """A page of the jobs whose next slot has come, oldest first."""
    rows = work.all("job_slots.due", now=work.now, store_id=store_id, after_at=after[0], after_id=after[1], limit=PAGE)
    return Page([row.id for row in rows], (rows[-1].next_run_at, rows[-1].id) if rows else after)


def hold(work: Work, job_ids: Sequence[str]) -> list[Job]:
    """Hold those of these jobs that are due still, and leave out those that somebody else is at."""
    held = [row.id for row in work.all("job_slots.hold", ids=json.dumps(job_ids), now=work.now)]
    # Read by a statement of its own, which sees what was committed before the rows were held.
    return standing(work, held) if held else []


def standing(work: Work, job_ids: Sequence[str]) -> list[Job]:
    """The schedules of these jobs, where they stand, their store's misfire policy, and whether a pass runs."""
    return list(work.run("job_slots.standing", ids=json.dumps(job_ids)).mappings())


def schedule_of(job: Job) -> Schedule:
    """The job's schedule; raises InvalidSchedule."""
    return from_columns(*(job[name] for name in SCHEDULE_COLUMNS))


def record(work: Work, jobs: Sequence[Job], decisions: Mapping[str, Decision]) -> int:
    """Write what was decided for jobs that are held, and begin a pass for each claim that was won; return how many."""
    by_id = {job["id"]: job for job in jobs}
    moves = [(job_id, decision.cursor, decision.next_run_at) for job_id, decision in decisions.items()]
    work.run("job_slots.advance", moves=json.dumps(moves))
    entries = [
        (job_id, by_id[job_id]["store_id"], entry)
        for job_id, decision in decisions.items()
        for entry in decision.entries
    ]
    return _enter(work, entries, lambda job_id: schedule_of(by_id[job_id])) if entries else 0


def enter(
    work: Work, job_id: str, store_id: str, entries: Iterable[LedgerEntry], schedule: Schedule | None = None
) -> None:
    """Write ledger rows of one job, whose row the caller holds, where there are none.

    A slot may have its claim already: it ran while the clock was ahead. Range rows leave such slots out; `schedule` is
    what they count by, if it is not the one in the job's row.
    """
    rows = [(job_id, store_id, entry) for entry in entries]
    if rows:
        _enter(work, rows, lambda _: schedule or schedule_of(standing(work, [job_id])[0]))


def _enter(work: Work, entries: Sequence[Entry], schedule_of_job: Callable[[str], Schedule]) -> int:
    free = slots.around_claims(work, "job_slots.claimed_within", entries, schedule_of_job)
    won = work.all("job_slots.record", now=work.now, entries=json.dumps([_row(*entry) for entry in free]))
    slot_events.passed_over(work, "job_id", won)
    claims = [row for row in won if row.job_run_id is not None]
    for row in claims:
        passes.begin(
            work,
            row.store_id,
            row.job_id,
            trigger="schedule",
            scheduled_time=row.scheduled_time,
            job_run_id=row.job_run_id,
        )
    return len(claims)


def _row(job_id: str, store_id: str, entry: LedgerEntry) -> tuple[Any, ...]:
    pass_id = str(uuid.uuid4()) if entry.disposition is Disposition.CLAIMED else None
    return job_id, store_id, entry.scheduled_time, entry.disposition, pass_id, entry.until_time, entry.slot_count
