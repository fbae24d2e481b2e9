"""Slots: claimed in sets, each with its ledger row, its run and the moved cursor in one transaction."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processor.rules.disposition import Decision, LedgerEntry
from processor.storage.work import Work

PAGE = 20_000
"""Tasks read at once and written in one transaction: bounds how long the database stays locked, to about a second.

Small pages cost more: the tasks of one lie all over the table and its indices, so each writes most blocks again.
"""

Tasks = Sequence[Mapping[str, Any]]
"""Due tasks as plain columns."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some due tasks, and where the next page begins."""

    tasks: Tasks
    after: tuple[int, str]

    @property
    def last(self) -> bool:
        """True when no further page follows."""
        return len(self.tasks) < PAGE


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


def due(work: Work, store_id: str | None, after: tuple[int, str] = FIRST, *, with_model: bool = True) -> Page:
    """A page of the tasks whose next slot has come, oldest first."""
    tasks = work.run(
        "slots.due",
        now=work.now,
        store_id=store_id,
        with_model=with_model,
        after_at=after[0],
        after_id=after[1],
        limit=PAGE,
    ).mappings()
    return Page(tasks, (tasks[-1]["next_run_at"], tasks[-1]["id"]) if tasks else after)


def record(work: Work, decisions: Mapping[str, Decision], tasks: Tasks) -> list[str]:
    """Write what was decided for these tasks; return the ids of those whose cursor was still where it had been read."""
    moves = [_move(task, decisions[task["id"]]) for task in tasks if task["id"] in decisions]
    moved = [row.id for row in work.all("slots.advance", decisions=json.dumps(moves))]
    stores = {task["id"]: task["store_id"] for task in tasks}
    entries = [(task_id, stores[task_id], entry) for task_id in moved for entry in decisions[task_id].entries]
    if entries:
        work.run("slots.queue_claimed", batch_id=enter(work, entries), now=work.now)
    return moved


def enter(work: Work, entries: Iterable[tuple[str, str, LedgerEntry]]) -> str:
    """Write ledger rows, each with its task's and store's id, where there are none; return the id of the batch."""
    batch_id = str(uuid.uuid4())
    rows = [
        (task_id, store_id, entry.scheduled_time, entry.disposition, entry.until_time, entry.slot_count)
        for task_id, store_id, entry in entries
    ]
    work.run("slots.record", batch_id=batch_id, now=work.now, entries=json.dumps(rows))
    return batch_id


def needs_model(work: Work, store_id: str | None) -> bool:
    """Tell whether anything is due or ready that cannot run without a model."""
    return work.first("slots.needs_model", now=work.now, store_id=store_id) is not None


def _move(task: Mapping[str, Any], decision: Decision) -> tuple[Any, ...]:
    cursor_at, next_run_at, held_slot = decision.cursor, decision.next_run_at, decision.held_slot
    return task["id"], task["version"], task["cursor_at"], cursor_at, next_run_at, held_slot
