"""People who change jobs, their orders and their tasks at random while passes run."""

import random
from collections import Counter
from collections.abc import Callable

from processor.agent.toolbox import TOOLS
from processor.errors import Conflict, Contended, InvalidInput, NotFound
from processor.services import jobs, tasks
from processor.storage import order
from processor.storage.database import Database
from processor.storage.work import Work
from tests.reliability.passing import new_job
from tests.world import DEFAULT_STORE

JOBS, STEPS = 3, 4
FEWEST_STEPS = 2
"""A job that is left with fewer gets new ones."""


class Unrest:
    """One change after the other; `counts` says which were made, and how many were refused."""

    def __init__(self, database: Database, chance: random.Random) -> None:
        self._database = database
        self._chance = chance
        self.counts: Counter[str] = Counter()
        self._jobs = [self._new_job() for _ in range(JOBS)]
        self._changes: list[tuple[Callable[[Work, str], None], int]] = [
            (self._reorder, 5),
            (self._move, 5),
            (self._delete_task, 3),
            (self._move_elsewhere, 3),
            (self._switch, 4),
            (self._make_manual, 2),
            (self._make_sequential, 3),
            (self._cancel, 2),
            (self._delete_job, 1),
        ]

    def change(self) -> None:
        """Change something; whoever is refused has changed nothing."""
        self.keep_going()
        change = self._chance.choices([each for each, _ in self._changes], [weight for _, weight in self._changes])[0]
        job_id = self._chance.choice(self._jobs)
        try:
            self._database.write(change, job_id)
        except (Conflict, Contended, InvalidInput, NotFound) as refusal:
            self.counts[type(refusal).__name__] += 1
        else:
            self.counts[change.__name__.removeprefix("_")] += 1
            if change == self._delete_job:
                self._jobs[self._jobs.index(job_id)] = self._new_job()

    def keep_going(self) -> None:
        """Each job has tasks, and a pass that runs."""
        for job_id in self._jobs:
            with self._database.reading() as work:
                steps, status = len(order.of(work, job_id)), jobs.get(work, DEFAULT_STORE, job_id).status
            for _ in range(max(0, FEWEST_STEPS - steps)):
                self._database.write(self._add, job_id)
            if status != "in_progress":
                self._start(job_id)

    def _start(self, job_id: str) -> None:
        try:
            self._database.write(jobs.start, DEFAULT_STORE, job_id)
        except Conflict:  # every task of it is disabled
            self.counts["Conflict"] += 1
        else:
            self.counts["start"] += 1

    def _new_job(self) -> str:
        return new_job(self._database, DEFAULT_STORE, STEPS)[0]

    def _add(self, work: Work, job_id: str) -> None:
        given = {"name": "One more", "prompt": "Make a card", "schedule_type": "sequential", "job_id": job_id}
        tasks.create(work, DEFAULT_STORE, given, TOOLS.keys())  # type: ignore[arg-type]

    def _reorder(self, work: Work, job_id: str) -> None:
        wanted = order.of(work, job_id)
        self._chance.shuffle(wanted)
        jobs.reorder(work, DEFAULT_STORE, job_id, wanted)

    def _move(self, work: Work, job_id: str) -> None:
        present = order.of(work, job_id)
        jobs.move(work, DEFAULT_STORE, job_id, self._chance.choice(present), self._chance.randint(1, len(present)))

    def _delete_task(self, work: Work, job_id: str) -> None:
        tasks.delete(work, DEFAULT_STORE, self._step(work, job_id), force=True)

    def _move_elsewhere(self, work: Work, job_id: str) -> None:
        other = self._chance.choice([each for each in self._jobs if each != job_id])
        tasks.update(work, DEFAULT_STORE, self._step(work, job_id), {"job_id": other}, TOOLS.keys())

    def _switch(self, work: Work, job_id: str) -> None:
        task = tasks.get(work, DEFAULT_STORE, self._step(work, job_id))
        (tasks.disable if task.enabled else tasks.enable)(work, DEFAULT_STORE, task.id)

    def _make_manual(self, work: Work, job_id: str) -> None:
        tasks.update(work, DEFAULT_STORE, self._step(work, job_id), {"schedule_type": "manual"}, TOOLS.keys())

    def _make_sequential(self, work: Work, job_id: str) -> None:
        """Take back one that was made manual; it goes to the end."""
        members = [task for task in tasks.list(work, DEFAULT_STORE) if task.job_id == job_id]
        resting = [task.id for task in members if task.schedule_type == "manual"]
        if not resting:
            raise NotFound("Every task of the job is in its order")
        given = {"schedule_type": "sequential"}
        tasks.update(work, DEFAULT_STORE, self._chance.choice(resting), given, TOOLS.keys())  # type: ignore[arg-type]

    def _cancel(self, work: Work, job_id: str) -> None:
        jobs.cancel(work, DEFAULT_STORE, job_id)

    def _delete_job(self, work: Work, job_id: str) -> None:
        jobs.delete(work, DEFAULT_STORE, job_id, force=True)

    def _step(self, work: Work, job_id: str) -> str:
        return self._chance.choice(order.of(work, job_id))
