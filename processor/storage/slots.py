"""Slots: claimed in sets, each with its ledger row, its run and the moved cursor in one transaction."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processor.rules.disposition import Decision, Disposition
from processor.storage.work import Work

PAGE = 2_000
"""Tasks decided in one transaction: bounds how long the database stays locked."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some due tasks as plain columns, and where the next page begins."""

    tasks: Sequence[Mapping[str, Any]]
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


def record(work: Work, decisions: Mapping[str, Decision], tasks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write what was decided for these tasks; return the ids of those whose cursor was still where it had been read."""
    by_id = {task["id"]: task for task in tasks}
    moves = [_move(by_id[task_id], decision) for task_id, decision in decisions.items()]
    moved = [row.id for row in work.all("slots.advance", decisions=json.dumps(moves))]
    entries = [entry for task_id in moved for entry in _entries(by_id[task_id], decisions[task_id])]
    if entries:
        batch_id = str(uuid.uuid4())
        work.run("slots.record", batch_id=batch_id, now=work.now, entries=json.dumps(entries))
        work.run("slots.queue_claimed", batch_id=batch_id, now=work.now)
    return moved


def needs_model(work: Work, store_id: str | None) -> bool:
    """Tell whether anything is due or ready that cannot run without a model."""
    return work.first("slots.needs_model", now=work.now, store_id=store_id) is not None


def _move(task: Mapping[str, Any], decision: Decision) -> dict[str, Any]:
    return {
        "id": task["id"],
        "version": task["version"],
        "was_at": task["cursor_at"],
        "cursor_at": decision.cursor,
        "next_run_at": decision.next_run_at,
        "held": decision.held_slot is not None,
        "held_slot": decision.held_slot,
    }


def _entries(task: Mapping[str, Any], decision: Decision) -> list[dict[str, Any]]:
    return [
        {
            "task_id": task["id"],
            "store_id": task["store_id"],
            "scheduled_time": entry.scheduled_time,
            "disposition": entry.disposition,
            "run_id": str(uuid.uuid4()) if entry.disposition is Disposition.CLAIMED else None,
            "until_time": entry.until_time,
            "slot_count": entry.slot_count,
        }
        for entry in decision.entries
    ]
