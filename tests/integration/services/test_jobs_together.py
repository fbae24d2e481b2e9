"""Jobs that are begun, worked on, reordered, cancelled and deleted all at once, on both databases."""

import random
import threading
from collections.abc import Callable, Sequence

import pytest

from processor.errors import Conflict, InvalidInput, NotFound, StaleWriter
from processor.models import Job, Run, Task
from processor.rules.run_state import RunState
from processor.services import jobs, tasks
from processor.storage import order, runs
from processor.storage.runs import Ending, Worker
from processor.storage.work import Work
from tests.world import DEFAULT_STORE, World

Act = Callable[[random.Random], object]
ROUNDS = 25
WORKER = Worker("00000000-0000-4000-8000-0000000000aa", lease_seconds=120)
FORESEEN = (Conflict, InvalidInput, NotFound, StaleWriter)
"""Somebody else was first: each of them is an answer, and has changed nothing."""


class Lives:
    """What several people and a worker do to the same jobs."""

    def __init__(self, world: World) -> None:
        self._write = world.database.write
        self.ids = [world.job(4)[0] for _ in range(3)]

    def acts(self) -> Sequence[Act]:
        return (self.begin, self.work, self.work, self.reorder, self.cancel, self.replace, self.swap)

    def begin(self, chance: random.Random) -> None:
        self._write(_begin, chance.choice(self.ids))

    def work(self, _: random.Random) -> None:
        for claim in self._write(runs.claim, WORKER, 1):
            self._write(runs.finish, claim, Ending(RunState.SUCCEEDED, "Done"))

    def reorder(self, chance: random.Random) -> None:
        self._write(_shuffle, chance.choice(self.ids), chance)

    def cancel(self, chance: random.Random) -> None:
        self._write(jobs.cancel, DEFAULT_STORE, chance.choice(self.ids))

    def replace(self, chance: random.Random) -> None:
        place = chance.randrange(len(self.ids))
        self._write(jobs.delete, DEFAULT_STORE, self.ids[place], force=True)
        self.ids[place] = self._write(_make)

    def swap(self, chance: random.Random) -> None:
        self._write(_swap, chance.choice(self.ids), chance.choice(self.ids), chance)


def _begin(work: Work, job_id: str) -> None:
    jobs.start(work, DEFAULT_STORE, job_id)


def _shuffle(work: Work, job_id: str, chance: random.Random) -> None:
    wanted = order.of(work, job_id)
    chance.shuffle(wanted)
    jobs.reorder(work, DEFAULT_STORE, job_id, wanted)


def _swap(work: Work, job_id: str, other_id: str, chance: random.Random) -> None:
    members = order.of(work, job_id)
    if members:
        tasks.update(work, DEFAULT_STORE, chance.choice(members), {"job_id": other_id}, frozenset())


def _make(work: Work) -> str:
    job_id = jobs.create(work, DEFAULT_STORE, {"name": "Another"}).id
    for _ in range(3):
        fields: tasks.TaskFields = {"name": "Step", "prompt": "Do it", "job_id": job_id, "schedule_type": "sequential"}
        tasks.create(work, DEFAULT_STORE, fields, frozenset())
    return job_id


def _live(act: Act, seed: int, ends: list[str]) -> None:
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        try:
            act(chance)
        except FORESEEN:
            ends.append("refused")
        except BaseException as error:  # noqa: BLE001 (a thread's error must reach the test)
            ends.append(repr(error))
        else:
            ends.append("done")


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_is_in_anothers_way_for_good_and_every_pass_has_one_open_run(world: World, seed: int) -> None:
    lives, ends = Lives(world), list[str]()
    threads = [
        threading.Thread(target=_live, args=(act, 100 * seed + number, ends)) for number, act in enumerate(lives.acts())
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ends) == ROUNDS * len(threads)
    assert set(ends) == {"done", "refused"}
    for job in world.rows(Job):
        members = world.rows(Task, "position", job_id=job.id)
        assert [task.position for task in members] == list(range(1, len(members) + 1))
        with world.database.reading() as work:
            under_way = work.all("passes.run_under_way", store_id=DEFAULT_STORE, job_id=job.id)
        assert len(under_way) == (job.status == "in_progress")
    assert {run.task_id for run in world.rows(Run)} <= {task.id for task in world.rows(Task)}
