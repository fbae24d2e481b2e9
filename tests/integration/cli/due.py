"""Tasks that are due, and what came of them."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import select

from processor.agent.toolbox import TOOLS
from processor.models import Tick
from processor.services import cards, jobs, tasks
from processor.storage.database import Database

REHEARSAL = {"PROCESSOR_MODEL": "rehearsal"}


def make_task(database: Database, store_id: str, name: str = "Test task", **schedule: Any) -> str:
    fields: Any = {"name": name, "prompt": "Create a task called 'Test Task'"}
    with database.writing() as work:
        when = schedule or {"schedule_type": "manual"}
        return tasks.create(work, store_id, fields | when, TOOLS.keys()).id


def due_now(database: Database, store_id: str, name: str = "Test task") -> str:
    return make_task(database, store_id, name, every="1h", start=database.clock.now())


def in_a_job(database: Database, store_id: str, *task_ids: str, **schedule: Any) -> str:
    """A new job that runs these tasks in this order; its id."""
    job: Any = {"name": "Test job"} | schedule
    with database.writing() as work:
        job_id = jobs.create(work, store_id, job).id
        for task_id in task_ids:
            fields: Any = {"job_id": job_id, "schedule_type": "sequential"}
            tasks.update(work, store_id, task_id, fields, TOOLS.keys())
    return job_id


def titles(database: Database, store_id: str) -> list[str]:
    with database.reading() as work:
        return [card.title for card in cards.list(work, store_id)]


def ticks(database: Database) -> Sequence[Tick]:
    with database.reading() as work:
        return work.session.exec(select(Tick)).all()
