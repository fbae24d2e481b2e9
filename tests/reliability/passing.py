"""Passes whose processes are killed, each in a job of a store of its own."""

from typing import Any

from sqlmodel import col, select

from processor.agent.toolbox import TOOLS
from processor.models import Job, JobRun, Run
from processor.services import jobs, tasks
from processor.storage.database import Database
from tests.conftest import ClockFile
from tests.reliability.boundaries import Killed
from tests.reliability.outcome import portrait
from tests.reliability.scene import Scene


def new_job(database: Database, store_id: str, steps: int, **fields: Any) -> tuple[str, list[str]]:
    """A new job with so many sequential tasks; its id and theirs in their order."""
    with database.writing() as work:
        job_id = jobs.create(work, store_id, {"name": "Job"}).id
        given: Any = {"prompt": "Make two cards", "schedule_type": "sequential", "job_id": job_id} | fields
        made = [tasks.create(work, store_id, {"name": f"Step {n + 1}"} | given, TOOLS.keys()).id for n in range(steps)]
    return job_id, made


def begin(database: Database, store_id: str, job_id: str) -> str:
    """Begin a pass; its id."""
    begun: str = database.write(jobs.start, store_id, job_id)["id"]
    return begun


class PassCase(Killed):
    """A pass that has just begun."""

    def __init__(self, scene: Scene, clock: ClockFile, name: str, steps: int) -> None:
        super().__init__(scene, clock, name)
        with scene.opened() as database:
            self.job_id, self.task_ids = new_job(database, self.store_id, steps)
            self.pass_id = begin(database, self.store_id, self.job_id)

    def portraits(self) -> list[dict[str, Any]]:
        """What each step did, in their order."""
        with self.scene.opened() as database:
            return [portrait(database, task_id) for task_id in self.task_ids]

    def standing(self) -> tuple[str, str, int]:
        """The status of the job, and the state and the position of the pass."""
        with self.scene.opened() as database, database.reading() as work:
            job = work.session.exec(select(Job).where(Job.id == self.job_id)).one()
            run = work.session.exec(select(JobRun).where(JobRun.id == self.pass_id)).one()
            return job.status, run.state, run.position

    def runs(self) -> list[tuple[int | None, str, str]]:
        """The step, the task and the state of each run of the pass."""
        with self.scene.opened() as database, database.reading() as work:
            query = select(Run).where(Run.job_run_id == self.pass_id).order_by(col(Run.position))
            return [(run.position, run.task_id, run.state) for run in work.session.exec(query)]
