"""The order of a job's sequential tasks: written as a whole, or with one task moved. A pass under way keeps its own."""

import json
from collections import Counter
from collections.abc import Sequence

from processor.errors import InvalidInput
from processor.models import Job
from processor.rules.sequence import moved
from processor.services import checks
from processor.services.changes import note
from processor.services.jobs.reading import locked, save
from processor.storage import order
from processor.storage.work import Row, Work


def reorder(work: Work, store_id: str, job_id: str, task_ids: Sequence[str], version: int | None = None) -> Job:
    """Give the job's sequential tasks the order in which they are named.

    Raises as `order_as_named` does, and Conflict unless the job still has the `version` that the caller saw.
    """
    job = locked(work, store_id, job_id, version)
    return _written(work, job, order_as_named(work, job, task_ids))


def move(work: Work, store_id: str, job_id: str, task_id: str, position: int, version: int | None = None) -> Job:
    """Put one task at a position, 1 being the first; the others make room.

    Raises as `order_after_move` does, and Conflict unless the job still has the `version` that the caller saw.
    """
    job = locked(work, store_id, job_id, version)
    return _written(work, job, order_after_move(work, job, task_id, position))


def order_as_named(work: Work, job: Job, task_ids: Sequence[str]) -> list[str]:
    """The order that these tasks give, which are all sequential ones of the job, each named once.

    Raises NotFound for a task that the store does not have, and InvalidInput for one that has no place in this order,
    one that is named twice, and those that are left out.
    """
    wanted = _checked(work, job, task_ids)
    repeated = next((id_ for id_, count in Counter(wanted).items() if count > 1), None)
    if repeated is not None:
        raise InvalidInput(f"Task {repeated} is named twice: name each task of the order once")
    if missing := [id_ for id_ in order.of(work, job.id) if id_ not in set(wanted)]:
        raise InvalidInput(f"The order leaves out {_called(work, job, missing)}: name every sequential task of the job")
    return wanted


def order_after_move(work: Work, job: Job, task_id: str, position: int) -> list[str]:
    """The order with this task at a position, 1 being the first; raises NotFound and InvalidInput."""
    (wanted,) = _checked(work, job, [task_id])
    present = order.of(work, job.id)
    return moved(present, wanted, checks.number(position, "position", checks.Bounds(1, len(present))))


def _written(work: Work, job: Job, wanted: list[str]) -> Job:
    present = order.of(work, job.id)
    if wanted == present:
        return job
    order.write(work, job.id, wanted)
    called = {"name": job.name}
    before, after = called | {"task_order": present}, called | {"task_order": wanted}
    note(work, "job.updated", job.store_id, job.id, before=before, after=after)
    return save(work, job)


def _checked(work: Work, job: Job, given: Sequence[str]) -> list[str]:
    """The ids of tasks that are there, in this job, and have a place in its order."""
    ids = [checks.known_id(task_id, "task") for task_id in given]
    found = _tasks(work, job, ids)
    for text, id_ in zip(given, ids, strict=True):
        task = found.get(id_)
        if task is None:
            raise checks.unknown("task", text)
        if task.job_id != job.id:
            where = "no job" if task.job_id is None else f"the job '{task.job_name}'"
            raise InvalidInput(
                f"Task {id_} ('{task.name}') belongs to {where}: leave it out, "
                f"or use 'processor tasks update {id_} --job-id {job.id} --schedule-type sequential' first"
            )
        if task.position is None:
            raise InvalidInput(
                f"Task {id_} ('{task.name}') is not sequential, so it has no place in the order: "
                f"leave it out, or use 'processor tasks update {id_} --schedule-type sequential' first"
            )
    return ids


def _called(work: Work, job: Job, ids: Sequence[str]) -> str:
    found = _tasks(work, job, ids)
    return ", ".join(f"{id_} ('{found[id_].name}')" for id_ in ids)


def _tasks(work: Work, job: Job, ids: Sequence[str]) -> dict[str, Row]:
    rows = work.all("job_views.named_tasks", store_id=job.store_id, ids=json.dumps([*ids]))
    return {row.id: row for row in rows}
