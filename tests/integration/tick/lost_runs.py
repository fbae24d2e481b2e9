"""Runs whose worker went silent, and who claims them."""

from processor.storage.runs import Claim, Worker
from processor.tick import claims
from processor.tick.claims import Claims
from tests.rows import add_run
from tests.world import DEFAULT_STORE, World

ME = Worker("00000000-0000-4000-8000-0000000000e1", lease_seconds=120)
SILENCE_SECONDS = 121


def lost(world: World, recoveries: int, **columns: object) -> str:
    """A task whose run was recovered so often, and whose worker is silent again."""
    task_id = world.task()
    with world.database.writing() as work:
        state = {"attempt": 1, "fence": 1 + recoveries, "lease_expires_at": work.now - 1, **columns}
        add_run(work, DEFAULT_STORE, task_id, "running", recoveries=recoveries, **state)
    return task_id


def queued(world: World) -> str:
    task_id = world.task()
    with world.database.writing() as work:
        add_run(work, DEFAULT_STORE, task_id)
    return task_id


def claimed(world: World, *, idle: bool = True, limit: int = 10, worker: Worker = ME) -> Claims:
    return world.database.write(claims.claim, worker, limit, idle=idle)


def tasks_of(found: list[Claim]) -> list[str]:
    return [each.task_id for each in found]
