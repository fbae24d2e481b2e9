"""Slots of the past in the database: what nobody ran, and the claim of one of them under the lock of its task."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from processor.errors import StaleWriter
from processor.rules.backfill_range import Reprocess, Span, knows, parted, within
from processor.rules.disposition import Disposition, LedgerEntry
from processor.rules.run_state import Trigger
from processor.rules.schedules import Schedule, from_columns
from processor.storage.work import Row, Work

LATEST_RUNS = 20
"""So many succeeded runs tell what the next one may cost."""
_SCHEDULE = ("schedule_type", "interval_seconds", "anchor_at", "cron", "timezone", "once_at", "next_run_at")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which slots of a task are to run: those between two moments, both included; instants are epoch seconds."""

    from_at: int
    until_at: int
    began_at: int
    """Runs asked for from then on are no longer run again: each slot is repeated once."""
    missed_only: bool = False
    reprocess: Reprocess = Reprocess.NONE


@dataclass(frozen=True, slots=True)
class PastTask:
    """A task as far as its past is concerned."""

    id: str
    store_id: str
    name: str
    schedule: Schedule
    cursor_at: int
    next_run_at: int | None
    held: bool
    created_at: int

    def is_due(self, now: int) -> bool:
        """A slot of its schedule has come, and nothing keeps it."""
        return self.next_run_at is not None and self.next_run_at <= now and not self.held


def find(work: Work, task_id: str, store_id: str | None) -> PastTask | None:
    """The task of that id, in one store or in any."""
    return _task(work.mapping("backfill.task", id=task_id, store_id=store_id))


def lock(work: Work, task_id: str) -> PastTask | None:
    """The task, which nobody else changes before this transaction ends; None if somebody holds it, or it is gone."""
    return _task(work.mapping("backfill.lock", id=task_id))


def tasks_with_missed(work: Work, from_at: int, store_id: str | None) -> list[str]:
    """The tasks that have missed slots from that moment on, and are neither disabled nor paused; by priority."""
    return [row.id for row in work.all("backfill.tasks_with_missed", from_at=from_at, store_id=store_id, now=work.now)]


def open_run(work: Work, task_id: str) -> Row | None:
    """The run that is in the way: `id`, `state`, `waiting_for`, `not_before`."""
    return work.first("backfill.open_run", task_id=task_id)


def mean_nanousd(work: Work, task_id: str) -> int | None:
    """What the latest runs that succeeded cost in the mean; None without any."""
    return mean_costs(work, [task_id])[task_id]


def mean_costs(work: Work, task_ids: Collection[str]) -> dict[str, int | None]:
    """The same of many tasks, in nano-dollars, by one statement; tasks that are gone are left out."""
    rows = work.all("backfill.mean_costs", ids=json.dumps(list(task_ids)), limit=LATEST_RUNS)
    return {row.id: row.mean_nanousd for row in rows}


def spans(work: Work, task: PastTask, wanted: Wanted) -> tuple[list[Span], list[Span]]:
    """What is to run, in no order, and ranges whose slots only an earlier schedule of the task knew."""
    values = _span_values(task, wanted)
    counts = [work.run("backfill.unclaimed", **values, is_missed=wanted.missed_only).mappings()[0]]
    if wanted.reprocess is not Reprocess.NONE:
        counts.append(work.run("backfill.ended", **values, **_of_ended(wanted)).mappings()[0])
    found, unknown = [Span(**each) for each in counts if each["slot_count"]], list[Span]()
    for row in work.all("backfill.ranges", **values, is_missed=wanted.missed_only):
        entry = _entry(row)
        if entry.slot_count > 1 and not knows(task.schedule, entry):
            unknown.append(Span(row.scheduled_time, row.until_time, row.slot_count))
        elif (span := _span(task.schedule, entry, values["from_at"], values["until_at"])) is not None:
            found.append(span)
    return found, unknown


def claim_next(
    work: Work, task: PastTask, wanted: Wanted, run_id: str, batch_id: str, *, newest_first: bool
) -> int | None:
    """Claim the next slot for a queued run of that id; return the slot, or None if nothing is left to run.

    The caller holds the task's row and has seen that it has no open run.
    """
    while (row := _next_row(work, task, wanted, newest_first=newest_first)) is not None:
        entry = _entry(row)
        slot = _slot(task.schedule, entry, wanted, newest_first=newest_first)
        if slot is None:
            wanted = _past(wanted, entry, newest_first=newest_first)
            continue
        if entry.disposition is not Disposition.CLAIMED:
            _split(work, task, entry, slot)
            _claim(work, task, slot, run_id, batch_id)
        _queue(work, task, slot, run_id, rerun_of_id=row.run_id)
        return slot
    return None


def _next_row(work: Work, task: PastTask, wanted: Wanted, *, newest_first: bool) -> Row | None:
    return work.first(
        "backfill.next",
        **_span_values(task, wanted),
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


def _split(work: Work, task: PastTask, entry: LedgerEntry, slot: int) -> None:
    """Give the slot a row of its own, if it has none."""
    if entry.slot_count == 1:
        return
    own, *others = parted(task.schedule, entry, slot)
    of_range = {"task_id": task.id, "store_id": task.store_id, "range_time": entry.scheduled_time}
    for part in others:
        values = {"until_time": part.until_time, "slot_count": part.slot_count}
        work.run("backfill.add_part", **of_range, scheduled_time=part.scheduled_time, **values)
    work.run("backfill.shorten", **of_range, until_time=own.until_time, slot_count=own.slot_count)


def _claim(work: Work, task: PastTask, slot: int, run_id: str, batch_id: str) -> None:
    claimed = work.run(
        "backfill.claim",
        task_id=task.id,
        store_id=task.store_id,
        scheduled_time=slot,
        run_id=run_id,
        batch_id=batch_id,
        now=work.now,
    ).rowcount
    if claimed != 1:
        raise StaleWriter(f"Slot {slot} of task {task.id} was claimed by somebody else meanwhile")


def _queue(work: Work, task: PastTask, slot: int, run_id: str, rerun_of_id: str | None) -> None:
    work.run(
        "runs.request",
        id=run_id,
        store_id=task.store_id,
        task_id=task.id,
        trigger=Trigger.BACKFILL,
        scheduled_time=slot,
        rerun_of_id=rerun_of_id,
        idempotency_key=None,
        now=work.now,
    )


def _span_values(task: PastTask, wanted: Wanted) -> dict[str, Any]:
    """Slots after the cursor belong to the schedule."""
    until_at = min(wanted.until_at, task.cursor_at)
    return {"task_id": task.id, "store_id": task.store_id, "from_at": wanted.from_at, "until_at": until_at}


def _of_ended(wanted: Wanted) -> dict[str, Any]:
    return {"began_at": wanted.began_at, "is_failed": wanted.reprocess is Reprocess.FAILED}


def _entry(row: Row) -> LedgerEntry:
    return LedgerEntry(row.scheduled_time, Disposition(row.disposition), row.until_time, row.slot_count)


def _task(row: Mapping[str, Any] | None) -> PastTask | None:
    if row is None:
        return None
    kept = {name: row[name] for name in ("id", "store_id", "name", "cursor_at", "next_run_at", "created_at")}
    return PastTask(schedule=from_columns(*(row[name] for name in _SCHEDULE)), held=bool(row["held"]), **kept)
