"""Runs asked for by hand: outside any schedule, and never beside another open run of the same task."""

import uuid

from processor.errors import Conflict, NotFound
from processor.rules.run_state import Trigger
from processor.services import checks
from processor.storage.database import Work


def request(work: Work, store_id: str, task_id: str, idempotency_key: str | None = None) -> str:
    """Queue a run of the task and return its id.

    Raises NotFound, and Conflict with the id of the run that is queued, running or waiting already.
    """
    task_id = checks.known_id(task_id, "task")
    if work.first("runs.lock_task", task_id=task_id, store_id=store_id) is None:
        raise NotFound(f"There is no task {task_id} in this store: 'processor tasks list' shows those that exist")
    in_the_way = work.first("runs.open_of_task", task_id=task_id)
    if in_the_way is not None:
        raise Conflict(
            f"Run {in_the_way.id} of this task is {in_the_way.state}: wait for it to end, then run the task again",
            live_run_id=in_the_way.id,
        )
    run_id = str(uuid.uuid4())
    work.run(
        "runs.request",
        id=run_id,
        store_id=store_id,
        task_id=task_id,
        trigger=Trigger.MANUAL,
        scheduled_time=None,
        rerun_of_id=None,
        idempotency_key=idempotency_key,
        now=work.now,
    )
    return run_id
