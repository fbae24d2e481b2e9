"""Whatever people, crashes and clocks do to jobs, in whatever order: a model in memory knows each order."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from processor.agent.toolbox import TOOLS
from processor.errors import Conflict
from processor.models import Job, JobRun, JobRunStep, Run, Task
from processor.services import jobs, tasks
from processor.storage.database import Database
from processor.storage.work import Work
from tests.conftest import ClockFile
from tests.integration.tick.gone_worker import GoneWorker
from tests.reliability.figures import Figures
from tests.reliability.lives import run_lives
from tests.reliability.matcher import mismatches
from tests.reliability.passing import new_job
from tests.world import DEFAULT_STORE, World

MOST_STEPS = 4
CLOCK_STEPS = (30, 200, 3_600, -20, -600)
LIVES = {"sqlite": 40, "postgresql": 12}
ORDERED = st.randoms(use_true_random=False)

pytestmark = pytest.mark.slow


class LifeOfJobs(RuleBasedStateMachine):
    """Jobs that live, and the model of them: which tasks each has, in which order."""

    open_world: Callable[[], World]
    counted: Callable[[World], None]

    @initialize()
    def begin(self) -> None:
        self.world = type(self).open_world()
        self.orders: dict[str, list[str]] = {}

    @rule(steps=st.integers(1, MOST_STEPS))
    def create_job(self, steps: int) -> None:
        job_id, task_ids = new_job(self.world.database, DEFAULT_STORE, steps)
        self.orders[job_id] = task_ids

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def append_step(self, data: st.DataObject) -> None:
        job_id = self._one_of(data)
        given: Any = {"name": "Step", "prompt": "Act", "schedule_type": "sequential", "job_id": job_id}
        with self.world.database.writing() as work:
            self.orders[job_id].append(tasks.create(work, DEFAULT_STORE, given, TOOLS.keys()).id)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def start_pass(self, data: st.DataObject) -> None:
        """The pass copies the order; while one runs, and where nothing can run, none begins."""
        job_id = self._one_of(data)
        runs = self._status(job_id) == "in_progress"
        possible = any(self.world.row(task_id).enabled for task_id in self.orders[job_id])
        begun = self._try(jobs.start, job_id)
        assert begun == (possible and not runs)
        if begun:
            newest = self.world.rows(JobRun, "number", job_id=job_id)[-1]
            steps = self.world.rows(JobRunStep, "position", job_run_id=newest.id)
            assert [step.task_id for step in steps] == self.orders[job_id]

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel_pass(self, data: st.DataObject) -> None:
        job_id = self._one_of(data)
        runs = self._status(job_id) == "in_progress"
        assert self._try(jobs.cancel, job_id) == runs

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), chance=ORDERED)
    def reorder(self, data: st.DataObject, chance: Any) -> None:
        job_id = self._one_of(data)
        chance.shuffle(self.orders[job_id])
        assert self._try(jobs.reorder, job_id, self.orders[job_id])

    @precondition(lambda self: any(self.orders.values()))
    @rule(data=st.data(), chance=ORDERED, how=st.sampled_from(("delete", "switch", "move")))
    def change_a_step(self, data: st.DataObject, chance: Any, how: str) -> None:
        job_id = data.draw(st.sampled_from([each for each, steps in self.orders.items() if steps]))
        task_id = chance.choice(self.orders[job_id])
        with self.world.database.writing() as work:
            if how == "switch":
                change = tasks.disable if tasks.get(work, DEFAULT_STORE, task_id).enabled else tasks.enable
                change(work, DEFAULT_STORE, task_id)
                return
            self.orders[job_id].remove(task_id)
            if how == "delete":
                tasks.delete(work, DEFAULT_STORE, task_id, force=True)
                return
            other = chance.choice(list(self.orders))
            if other != job_id:
                tasks.update(work, DEFAULT_STORE, task_id, {"job_id": other}, TOOLS.keys())
                self.orders[other].append(task_id)
            else:
                tasks.update(work, DEFAULT_STORE, task_id, {"job_id": None, "schedule_type": "manual"}, TOOLS.keys())

    @rule(max_runs=st.sampled_from((None, 1, 2)))
    def tick(self, max_runs: int | None) -> None:
        assert self.world.tick(max_runs=max_runs).exit_code == 0

    @rule(begins_a_call=st.booleans())
    def worker_that_dies(self, *, begins_a_call: bool) -> None:
        """It dies after the claim, or in its first call."""
        try:
            worker = GoneWorker(self.world, call_id=str(uuid.uuid4()))
        except IndexError:
            return  # nothing was ready
        if begins_a_call and not worker.conversation.turns:
            worker.begin_call()

    @rule(seconds=st.sampled_from(CLOCK_STEPS))
    def clock_moves(self, seconds: int) -> None:
        self.world.clock.advance(seconds)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def delete_job(self, data: st.DataObject) -> None:
        job_id = self._one_of(data)
        with self.world.database.writing() as work:
            jobs.delete(work, DEFAULT_STORE, job_id, force=True)
        del self.orders[job_id]

    @invariant()
    def orders_are_those_that_were_asked_for(self) -> None:
        if not hasattr(self, "orders"):
            return
        found: dict[str, list[str]] = {job_id: [] for job_id in self.orders}
        for task in self.world.rows(Task, "position"):
            if task.position is not None:
                found[str(task.job_id)].append(task.id)
        assert found == self.orders

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            for _ in range(3):
                self.world.clock.advance(2 * self.world.settings.lease_seconds)
                assert self.world.tick().exit_code == 0
            assert self.world.rows(JobRun, state="running") == []
            assert self.world.broken() == []
            assert mismatches(self.world.database.url) == []
            type(self).counted(self.world)
        finally:
            self.world.database.close()

    def _one_of(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(list(self.orders)))

    def _status(self, job_id: str) -> str:
        return self.world.rows(Job, id=job_id)[0].status

    def _try(self, change: Callable[..., Any], job_id: str, *given: Any) -> bool:
        """Whether it was done; a conflict has changed nothing."""

        def write(work: Work) -> None:
            change(work, DEFAULT_STORE, job_id, *given)

        try:
            self.world.database.write(write)
        except Conflict:
            return False
        return True


def test_any_life_of_jobs_keeps_every_promise(
    new_database: Callable[[str], str],
    clock: ClockFile,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    figures: Figures,
) -> None:
    begun = clock.now

    def world() -> World:
        clock.set(begun)
        return World(Database(new_database(uuid.uuid4().hex)), clock, tmp_path, monkeypatch)

    def counted(lived: World) -> None:
        passes = len(lived.rows(JobRun))
        figures.add("random lives of jobs", lived.database.dialect, rounds=1, runs=len(lived.rows(Run)), passes=passes)

    machine = type(
        "LifeOfThisTest", (LifeOfJobs,), {"open_world": staticmethod(world), "counted": staticmethod(counted)}
    )
    dialect = "sqlite" if new_database("kind").startswith("sqlite") else "postgresql"
    run_lives(machine, LIVES[dialect], steps=30)
