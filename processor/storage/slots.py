"""Slots: claimed in sets, each with its ledger row, its run and the moved cursor in one transaction."""

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processor.rules.clock_step import around
from processor.rules.disposition import Decision, Disposition, LedgerEntry
from processor.rules.schedules import Schedule, from_columns
from processor.storage import slot_events, when_adaptive
from processor.storage.work import Work

PAGE = 20_000
"""Tasks read at once and written in one transaction: bounds how long the database stays locked, to about a second.

Small pages cost more: the tasks of one lie all over the table and its indices, so each writes most blocks again.
"""

SCHEDULE_COLUMNS = ("schedule_type", "interval_seconds", "anchor_at", "cron", "timezone", "once_at")
TASK_COLUMNS = (*SCHEDULE_COLUMNS, "next_run_at")
"""Of a task, whose schedule may be its next time alone."""

Tasks = Sequence[Mapping[str, Any]]
"""Due tasks as plain columns."""

Entry = tuple[str, str, LedgerEntry]
"""A row to write, with the ids of its task, or job, and of its store."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some due tasks, and where the next page begins."""

    tasks: Tasks
    after: tuple[int, str]

    @property
    def last(self) -> bool:
        """True when no further page follows."""
        return len(self.tasks) < PAGE


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was written of a page: the tasks that nobody had moved or changed meanwhile, and how many claims."""

    moved: Sequence[str]
    claimed: int


FIRST = (-1, "00000000-0000-0000-0000-000000000000")


def claim_interval(work: Work, window_seconds: int, store_id: str | None, *, with_model: bool) -> int:
    """Claim the slot of every interval task that has just one due, on time, with no open run; return how many."""
    batch_id = str(uuid.uuid4())
    claimed = work.run(
        "slots.claim_interval",
        batch_id=batch_id,
        now=work.now,
        window_seconds=window_seconds,
        store_id=store_id,
        with_model=with_model,
    ).rowcount
    if claimed:
        work.run("slots.queue_claimed", batch_id=batch_id, now=work.now)
        work.run("slots.advance_interval", batch_id=batch_id, now=work.now)
    return claimed


def due(
    work: Work,
    store_id: str | None,
    after: tuple[int, str] = FIRST,
    *,
    task_id: str | None = None,
    with_model: bool = True,
) -> Page:
    """A page of the tasks whose next slot has come, oldest first; or that one task, if it is among them."""
    tasks = work.run(
        "slots.due",
        now=work.now,
        store_id=store_id,
        id=task_id,
        with_model=with_model,
        after_at=after[0],
        after_id=after[1],
        limit=PAGE,
    ).mappings()
    return Page(tasks, (tasks[-1]["next_run_at"], tasks[-1]["id"]) if tasks else after)


def record(work: Work, decisions: Mapping[str, Decision], tasks: Tasks) -> Recorded:
    """Write what was decided for these tasks, as far as their cursor is still where it had been read."""
    moves = [_move(task, decisions[task["id"]]) for task in tasks if task["id"] in decisions]
    moved = [row.id for row in work.all("slots.advance", decisions=json.dumps(moves))]
    by_id = {task["id"]: task for task in tasks}
    entries = [
        (task_id, by_id[task_id]["store_id"], entry) for task_id in moved for entry in decisions[task_id].entries
    ]
    claimed = 0
    if entries:
        batch_id = enter(work, entries, lambda task_id: schedule_of(by_id[task_id]))
        claimed = work.run("slots.queue_claimed", batch_id=batch_id, now=work.now).rowcount
    taken = [each for each in moved if decisions[each].next_run_at is None and _is_adaptive(by_id[each])]
    when_adaptive.slots_taken(work, taken)
    return Recorded(moved, claimed)


def enter(work: Work, entries: Sequence[Entry], schedule_of: Callable[[str], Schedule]) -> str:
    """Write ledger rows where there are none; return the id of the batch.

    A slot may have its claim already: it ran while the clock was ahead. Range rows, of which few are written, leave
    such slots out; `schedule_of` tells a task's schedule where that is needed.
    """
    batch_id = str(uuid.uuid4())
    rows = [
        (task_id, store_id, entry.scheduled_time, entry.disposition, entry.until_time, entry.slot_count)
        for task_id, store_id, entry in around_claims(work, "slots.claimed_within", entries, schedule_of)
    ]
    work.run("slots.record", batch_id=batch_id, now=work.now, entries=json.dumps(rows))
    passed_over = [row[:3] for row in rows if row[3] != Disposition.CLAIMED]
    if passed_over:
        written = work.all("slots.passed_over", batch_id=batch_id, entries=json.dumps(passed_over))
        slot_events.passed_over(work, "task_id", written)
    return batch_id


def needs_model(work: Work, store_id: str | None) -> bool:
    """Tell whether anything is due or ready that cannot run without a model."""
    return work.first("slots.needs_model", now=work.now, store_id=store_id) is not None


def around_claims(
    work: Work, claimed_within: str, entries: Sequence[Entry], schedule_of: Callable[[str], Schedule]
) -> Iterable[Entry]:
    """The entries, with ranges parted where slots in them are claimed already; a statement finds such claims."""
    ranges = [
        (id_, entry.scheduled_time, entry.until_time) for id_, _, entry in entries if entry.until_time is not None
    ]
    claimed = defaultdict[tuple[str, int], list[int]](list)
    for row in work.all(claimed_within, ranges=json.dumps(ranges)) if ranges else ():
        claimed[row.id, row.begins_at].append(row.scheduled_time)
    return _parted(entries, claimed, schedule_of) if claimed else entries


def _parted(
    entries: Iterable[Entry], claimed: Mapping[tuple[str, int], list[int]], schedule_of: Callable[[str], Schedule]
) -> Iterator[Entry]:
    for task_id, store_id, entry in entries:
        within = claimed.get((task_id, entry.scheduled_time))
        if within is None or entry.until_time is None:
            yield task_id, store_id, entry
        else:
            yield from ((task_id, store_id, part) for part in around(schedule_of(task_id), entry, within))


def schedule_of(task: Mapping[str, Any]) -> Schedule:
    """The schedule of a due task; raises InvalidSchedule, also where what comes after its slot cannot be decided."""
    if _is_adaptive(task) and task["cron"] is not None:
        from_columns("calendar", *(task[name] for name in TASK_COLUMNS[1:])).next_after(task["cursor_at"])
    return from_columns(*(task[name] for name in TASK_COLUMNS))


def _move(task: Mapping[str, Any], decision: Decision) -> tuple[Any, ...]:
    cursor_at, next_run_at, held_slot = decision.cursor, decision.next_run_at, decision.held_slot
    # The end of a run moves the next time of an adaptive task, and nothing else of it.
    was_next_at = task["next_run_at"] if _is_adaptive(task) else None
    return task["id"], task["version"], task["cursor_at"], cursor_at, next_run_at, held_slot, was_next_at


def _is_adaptive(task: Mapping[str, Any]) -> bool:
    return bool(task["schedule_type"] == "adaptive")
