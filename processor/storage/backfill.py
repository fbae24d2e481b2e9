"""Slots of the past in the database: what nobody ran, and the claim of one under the lock of its task or job."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from processor.errors import StaleWriter
from processor.rules.backfill_range import Reprocess, Span, knows, parted, within
from processor.rules.disposition import Disposition, LedgerEntry
from processor.rules.run_state import Trigger
from processor.rules.schedules import Schedule, from_columns
from processor.storage import passes
from processor.storage.work import Row, Work

Owners = Literal["backfill", "job_backfill"]
"""Whose slots they are: the noun of the statements about them."""
TASKS: Owners = "backfill"
JOBS: Owners = "job_backfill"

LATEST_RUNS = 20
"""So many succeeded runs, or passes, tell what the next one may cost."""
_SCHEDULE = ("schedule_type", "interval_seconds", "anchor_at", "cron", "timezone", "once_at", "next_run_at")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which slots of a task or job are to run: those between two moments, both included; instants are epoch seconds."""

    from_at: int
    until_at: int
    began_at: int
    """Runs asked for from then on are no longer run again: each slot is repeated once."""
    missed_only: bool = False
    reprocess: Reprocess = Reprocess.NONE


@dataclass(frozen=True, slots=True)
class Past:
    """A task, or a job with a clock of its own, as far as its past is concerned."""

    owners: Owners
    id: str
    store_id: str
    name: str
    schedule_type: str
    schedule: Schedule
    cursor_at: int
    next_run_at: int | None
    held: bool
    created_at: int

    def is_due(self, now: int) -> bool:
        """A slot of its schedule has come, and nothing keeps it."""
        return self.next_run_at is not None and self.next_run_at <= now and not self.held


def find(work: Work, owners: Owners, id_: str, store_id: str | None) -> Past | None:
    """The task or job of that id, in one store or in any."""
    return _read(owners, work.mapping(f"{owners}.find", id=id_, store_id=store_id))


def lock(work: Work, owners: Owners, id_: str) -> Past | None:
    """One that nobody else changes before this transaction ends; None if somebody holds it, or it is gone."""
    return _read(owners, work.mapping(f"{owners}.lock", id=id_))


def with_missed(work: Work, owners: Owners, from_at: int, store_id: str | None) -> list[str]:
    """Those that have missed slots from that moment on; tasks by priority, none that is disabled or paused."""
    return [row.id for row in work.all(f"{owners}.with_missed", from_at=from_at, store_id=store_id, now=work.now)]


def has_steps(work: Work, job_id: str) -> bool:
    """Whether a pass of the job would run anything."""
    return bool(work.run("job_backfill.has_steps", owner_id=job_id).scalar_one())


def pass_under_way(work: Work, job_id: str) -> Row | None:
    """The pass of the job that runs, and the task it is at: `id`, `task_id`."""
    return work.first("job_backfill.under_way", owner_id=job_id)


def open_run(work: Work, task_id: str) -> Row | None:
    """The run that is in the way: `id`, `state`, `waiting_for`, `not_before`."""
    return work.first("backfill.open_run", task_id=task_id)


def mean_nanousd(work: Work, past: Past) -> int | None:
    """What the latest runs, or passes, that succeeded cost in the mean; None without any."""
    if past.owners == TASKS:
        return mean_costs(work, [past.id])[past.id]
    mean: int | None = work.run("job_backfill.mean_cost", owner_id=past.id, limit=LATEST_RUNS).scalar_one()
    return mean


def mean_costs(work: Work, task_ids: Collection[str]) -> dict[str, int | None]:
    """What runs of each of these tasks cost in the mean, by one statement; tasks that are gone are left out."""
    rows = work.all("backfill.mean_costs", ids=json.dumps(list(task_ids)), limit=LATEST_RUNS)
    return {row.id: row.mean_nanousd for row in rows}


def spans(work: Work, past: Past, wanted: Wanted) -> tuple[list[Span], list[Span]]:
    """What is to run, in no order, and ranges whose slots only an earlier schedule knew."""
    values = _span_values(past, wanted)
    counts = [work.run(f"{past.owners}.unclaimed", **values, is_missed=wanted.missed_only).mappings()[0]]
    if wanted.reprocess is not Reprocess.NONE:
        counts.append(work.run("backfill.ended", **values, **_of_ended(wanted)).mappings()[0])
    found, unknown = [Span(**each) for each in counts if each["slot_count"]], list[Span]()
    for row in work.all(f"{past.owners}.ranges", **values, is_missed=wanted.missed_only):
        entry = _entry(row)
        if entry.slot_count > 1 and not knows(past.schedule, entry):
            unknown.append(Span(row.scheduled_time, row.until_time, row.slot_count))
        elif (span := _span(past.schedule, entry, values["from_at"], values["until_at"])) is not None:
            found.append(span)
    return found, unknown


def claim_next(work: Work, past: Past, wanted: Wanted, run_id: str, batch_id: str, *, newest_first: bool) -> int | None:
    """Claim the next slot for a queued run, or a pass, of that id; return the slot, or None if nothing is left to run.

    The caller holds the row of the task or job, and has seen that it has no open run, or no pass that runs.
    """
    while (row := _next_row(work, past, wanted, newest_first=newest_first)) is not None:
        entry = _entry(row)
        slot = _slot(past.schedule, entry, wanted, newest_first=newest_first)
        if slot is None:
            wanted = _past(wanted, entry, newest_first=newest_first)
            continue
        if entry.disposition is not Disposition.CLAIMED:
            _split(work, past, entry, slot)
            _claim(work, past, slot, run_id, batch_id)
        _begin(work, past, slot, run_id, rerun_of_id=row.run_id)
        return slot
    return None


def _next_row(work: Work, past: Past, wanted: Wanted, *, newest_first: bool) -> Row | None:
    return work.first(
        f"{past.owners}.next",
        **_span_values(past, wanted),
        **_of_ended(wanted),
        is_missed=wanted.missed_only,
        with_ended=wanted.reprocess is not Reprocess.NONE,
        is_newest_first=newest_first,
    )


def _slot(schedule: Schedule, entry: LedgerEntry, wanted: Wanted, *, newest_first: bool) -> int | None:
    if entry.slot_count > 1 and not knows(schedule, entry):
        return None
    span = _span(schedule, entry, wanted.from_at, wanted.until_at)
    if span is None:
        return None
    return span.last if newest_first else span.first


def _span(schedule: Schedule, entry: LedgerEntry, from_at: int, until_at: int) -> Span | None:
    """A slot of its own is one whatever the schedule says today."""
    if entry.slot_count == 1:
        return Span(entry.scheduled_time, entry.scheduled_time, 1)
    return within(schedule, entry, from_at, until_at)


def _past(wanted: Wanted, entry: LedgerEntry, *, newest_first: bool) -> Wanted:
    """What is left of the span beyond a row that has nothing for us."""
    if newest_first:
        return replace(wanted, until_at=entry.scheduled_time - 1)
    return replace(wanted, from_at=(entry.until_time or entry.scheduled_time) + 1)


def _split(work: Work, past: Past, entry: LedgerEntry, slot: int) -> None:
    """Give the slot a row of its own, if it has none."""
    if entry.slot_count == 1:
        return
    own, *others = parted(past.schedule, entry, slot)
    of_range = {"owner_id": past.id, "store_id": past.store_id, "range_time": entry.scheduled_time}
    for part in others:
        values = {"until_time": part.until_time, "slot_count": part.slot_count}
        work.run(f"{past.owners}.add_part", **of_range, scheduled_time=part.scheduled_time, **values)
    work.run(f"{past.owners}.shorten", **of_range, until_time=own.until_time, slot_count=own.slot_count)


def _claim(work: Work, past: Past, slot: int, run_id: str, batch_id: str) -> None:
    claimed = work.run(
        f"{past.owners}.claim",
        owner_id=past.id,
        store_id=past.store_id,
        scheduled_time=slot,
        run_id=run_id,
        batch_id=batch_id,
        now=work.now,
    ).rowcount
    if claimed != 1:
        raise StaleWriter(f"Slot {slot} of {past.id} was claimed by somebody else meanwhile")


def _begin(work: Work, past: Past, slot: int, run_id: str, rerun_of_id: str | None) -> None:
    if past.owners == JOBS:
        passes.begin(work, past.store_id, past.id, trigger="schedule", scheduled_time=slot, job_run_id=run_id)
        return
    work.run(
        "runs.request",
        id=run_id,
        store_id=past.store_id,
        task_id=past.id,
        trigger=Trigger.BACKFILL,
        scheduled_time=slot,
        rerun_of_id=rerun_of_id,
        idempotency_key=None,
        now=work.now,
    )


def _span_values(past: Past, wanted: Wanted) -> dict[str, Any]:
    """Slots after the cursor belong to the schedule."""
    until_at = min(wanted.until_at, past.cursor_at)
    return {"owner_id": past.id, "store_id": past.store_id, "from_at": wanted.from_at, "until_at": until_at}


def _of_ended(wanted: Wanted) -> dict[str, Any]:
    return {"began_at": wanted.began_at, "is_failed": wanted.reprocess is Reprocess.FAILED}


def _entry(row: Row) -> LedgerEntry:
    return LedgerEntry(row.scheduled_time, Disposition(row.disposition), row.until_time, row.slot_count)


_KEPT = ("id", "store_id", "name", "schedule_type", "cursor_at", "next_run_at", "created_at")


def _read(owners: Owners, row: Mapping[str, Any] | None) -> Past | None:
    if row is None:
        return None
    kept = {name: row[name] for name in _KEPT}
    schedule = from_columns(*(row[name] for name in _SCHEDULE))
    return Past(owners=owners, schedule=schedule, held=bool(row["held"]), **kept)
