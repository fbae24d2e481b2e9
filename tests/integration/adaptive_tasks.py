"""Adaptive tasks in a database, put there by hand."""

from typing import Any

from processor.models import LedgerRow
from processor.services.instants import moment
from processor.storage import adaptive
from processor.storage.adaptive import DecisionRow, Governed, ProposalRow
from tests.rows import add_run
from tests.world import DEFAULT_STORE, HOUR, World

BATCH = "00000000-0000-4000-8000-0000000000bb"
MINUTE = 60


def adaptive_task(world: World, store_id: str = DEFAULT_STORE, **columns: Any) -> str:
    """A task that runs every hour, at most every 15 minutes and at least every 8 hours; its next time is decided."""
    task_id = world.task(store_id, name="Watch", every="1h")
    bounds = {"min_interval_seconds": 15 * MINUTE, "max_interval_seconds": 8 * HOUR}
    world.change(world.row(task_id), schedule_type="adaptive", **bounds | columns)
    with world.database.writing() as work:
        adaptive.decide_ahead(work, task_id)
    return task_id


def ended_run(world: World, task_id: str, state: str = "succeeded") -> str:
    """A run of the task that has ended now, with its next time decided anew, as its ending does it."""
    with world.database.writing() as work:
        run_id = add_run(work, world.row(task_id).store_id, task_id, state)
        adaptive.run_ended(work, task_id, run_id)
    return run_id


def taken_slot(world: World, task_id: str) -> int:
    """The next slot comes and is taken: it gets its row, and the one after it is decided."""
    task = world.row(task_id)
    assert task.next_run_at is not None
    at = int(task.next_run_at.timestamp())
    world.clock.set(at)
    with world.database.writing() as work:
        work.session.add(
            LedgerRow(
                task_id=task_id,
                scheduled_time=moment(at),
                store_id=task.store_id,
                disposition="skipped_overlap",
                batch_id=BATCH,
                processed_at=moment(at),
            )
        )
        work.session.flush()
        adaptive.slot_taken(work, [task_id])
    return at


def look(world: World, task_id: str) -> Governed:
    with world.database.reading() as work:
        (found,) = adaptive.governed(work, [task_id])
    return found


def latest(world: World, task_id: str) -> DecisionRow:
    """Where the task's next time comes from."""
    with world.database.reading() as work:
        return adaptive.decisions(work, world.row(task_id).store_id, task_id, 1)[0]


def newest_proposal(world: World, task_id: str) -> ProposalRow:
    with world.database.reading() as work:
        return adaptive.proposals(work, world.row(task_id).store_id, task_id, 1)[0]
