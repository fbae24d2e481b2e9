"""What tests about the order of jobs do to tasks, and what they look at."""

import time
from collections import defaultdict
from typing import Any

from processor.models import Job, JobRun, Run, Task
from processor.services import tasks
from processor.services.tasks import TaskFields
from processor.storage import passes
from tests.world import DEFAULT_STORE, World

SEQUENTIAL = {"schedule_type": "sequential"}
OPEN = ("queued", "running", "waiting")


def new_job(world: World, store_id: str = DEFAULT_STORE) -> str:
    return world.job(0, store_id)[0]


def steps(world: World, job_id: str, *names: str) -> list[str]:
    """New sequential tasks of a job; their ids."""
    return [world.task(name=name, job_id=job_id, **SEQUENTIAL) for name in names]


def change(world: World, task_id: str, store_id: str = DEFAULT_STORE, **fields: Any) -> Task:
    given = TaskFields(**fields)  # type: ignore[typeddict-item]
    return world.database.write(tasks.update, store_id, task_id, given, frozenset[str]())


def delete(world: World, task_id: str, *, force: bool = False) -> None:
    world.database.write(tasks.delete, DEFAULT_STORE, task_id, force=force)


def begin(world: World, job_id: str) -> str:
    """A pass by hand; its id."""
    return world.database.write(passes.begin, DEFAULT_STORE, job_id, trigger="manual")


def order_of(world: World, job_id: str) -> list[tuple[str, int | None]]:
    """The names of the job's sequential tasks with their positions, in its order."""
    found = world.rows(Task, "position", job_id=job_id)
    return [(task.name, task.position) for task in found if task.position is not None]


def version_of(world: World, job_id: str) -> int:
    return world.rows(Job, id=job_id)[0].version


def open_steps(world: World, job_run_id: str) -> list[str]:
    """The tasks whose runs are the pass's open ones."""
    return [run.task_id for run in world.rows(Run, job_run_id=job_run_id) if run.state in OPEN]


def out_of_order(world: World) -> list[str]:
    """What is not as it should be: orders with a gap, and running passes without exactly one open run."""
    positions = defaultdict[str, list[int]](list)
    for task in world.rows(Task, "position"):
        if task.position is not None and task.job_id is not None:
            positions[task.job_id].append(task.position)
    gaps = [f"{id_}: {found}" for id_, found in positions.items() if sorted(found) != [*range(1, len(found) + 1)]]
    running = world.rows(JobRun, state="running")
    return gaps + [each.id for each in running if len(open_steps(world, each.id)) != 1]


def until_somebody_waits(world: World) -> None:
    """Return when another transaction waits for a lock; at once on SQLite, where one cannot begin beside ours."""
    if world.database.dialect == "sqlite":
        return
    with world.database.connection() as connection:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        while not connection.exec_driver_sql(waiting).scalar_one():
            connection.rollback()
            time.sleep(0.01)
