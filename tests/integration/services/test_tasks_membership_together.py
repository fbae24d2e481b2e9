"""Several who change orders at once: every order stays without a gap, and every pass keeps its open run."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from processor.errors import Conflict, NotFound
from processor.models import Job, Task
from processor.rules.run_state import RunState
from processor.services import jobs, tasks
from processor.storage import order, passes
from processor.storage.runs import Ending, Worker, claim, finish
from processor.storage.work import Work
from tests.integration.services.membership import (
    SEQUENTIAL,
    begin,
    change,
    delete,
    new_job,
    open_steps,
    order_of,
    out_of_order,
    steps,
    until_somebody_waits,
    version_of,
)
from tests.world import DEFAULT_STORE, World

WORKER = Worker("00000000-0000-4000-8000-0000000000e1", lease_seconds=120)
SOME_SEEDS = range(3)


def test_tasks_that_are_appended_at_once_all_get_a_place(world: World) -> None:
    job_id = new_job(world)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: steps(world, job_id, f"Task {number}"), range(24)))
    assert [position for _, position in order_of(world, job_id)] == [*range(1, 25)]
    assert version_of(world, job_id) == 25


def reorder(work: Work, job_id: str, chance: random.Random) -> None:
    """Order a job anew, as it is while nobody else changes it."""
    order.hold(work, DEFAULT_STORE, [job_id])
    ids = order.of(work, job_id)
    chance.shuffle(ids)
    jobs.reorder(work, DEFAULT_STORE, job_id, ids)


def test_tasks_move_between_jobs_that_are_ordered_anew_meanwhile(world: World) -> None:
    both = [new_job(world), new_job(world)]
    moving = [id_ for job_id in both for id_ in steps(world, job_id, "A", "B", "C", "D")]

    def move(number: int) -> None:
        chance = random.Random(number)
        if number % 2:
            world.database.write(reorder, chance.choice(both), chance)
        else:
            change(world, chance.choice(moving), job_id=chance.choice(both))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(move, range(60)))
    assert out_of_order(world) == []
    assert sum(len(order_of(world, job_id)) for job_id in both) == 8


def test_a_task_that_went_elsewhere_while_its_job_was_waited_for_is_looked_at_again(world: World) -> None:
    one, two, three = new_job(world), new_job(world), new_job(world)
    (task_id,) = steps(world, one, "A")
    steps(world, two, "X")
    with ThreadPoolExecutor(1) as threads:
        with world.database.writing() as work:
            tasks.update(work, DEFAULT_STORE, task_id, {"job_id": two}, frozenset())
            moved = threads.submit(change, world, task_id, job_id=three)
            until_somebody_waits(world)
        moved.result()
    assert [order_of(world, job_id) for job_id in (one, two, three)] == [[], [("X", 1)], [("A", 1)]]
    assert [version_of(world, job_id) for job_id in (one, two, three)] == [3, 4, 2]


def test_a_pass_that_begins_while_its_first_task_is_deleted_goes_on_with_the_next(world: World) -> None:
    job_id = new_job(world)
    first, second = steps(world, job_id, "A", "B")
    with ThreadPoolExecutor(1) as threads:
        with world.database.writing() as work:
            order.hold(work, DEFAULT_STORE, [job_id])
            pass_id = passes.begin(work, DEFAULT_STORE, job_id, trigger="manual")
            deleted = threads.submit(delete, world, first)
            until_somebody_waits(world)
        deleted.result()
    assert open_steps(world, pass_id) == [second]
    assert (out_of_order(world), world.broken()) == ([], [])


def test_a_pass_that_comes_to_a_task_while_it_is_deleted_goes_on_with_the_next(world: World) -> None:
    job_id = new_job(world)
    first, second, third = steps(world, job_id, "A", "B", "C")
    pass_id = begin(world, job_id)
    with ThreadPoolExecutor(1) as threads:
        with world.database.writing() as work:
            tasks.delete(work, DEFAULT_STORE, first)
            deleted = threads.submit(delete, world, second)
            until_somebody_waits(world)
        deleted.result()
    assert open_steps(world, pass_id) == [third]
    assert (out_of_order(world), world.broken()) == ([], [])


def test_a_step_that_ends_while_the_next_one_is_deleted_starts_the_one_after_it(world: World) -> None:
    job_id = new_job(world)
    _, second, third = steps(world, job_id, "A", "B", "C")
    pass_id = begin(world, job_id)
    (first,) = world.database.write(claim, WORKER, 1)
    with ThreadPoolExecutor(1) as threads:
        with world.database.writing() as work:
            tasks.delete(work, DEFAULT_STORE, second)
            ended = threads.submit(world.database.write, finish, first, Ending(RunState.SUCCEEDED))
            until_somebody_waits(world)
        ended.result()
    assert open_steps(world, pass_id) == [third]


class Life:
    """Whatever may be done to the tasks of three jobs, in any order."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.jobs = [new_job(world) for _ in range(3)]

    def act(self, seed: int) -> None:
        """Do one thing; what another has deleted or holds meanwhile is in nobody's way."""
        chance = random.Random(seed)
        doings: list[Callable[[random.Random], object]] = [self.create] * 3
        doings += [self.switch, self.move, self.move, self.leave, self.delete, self.reorder, self.begin, self.replace]
        try:
            chance.choice(doings)(chance)
        except (Conflict, NotFound):
            return

    def create(self, chance: random.Random) -> None:
        clock = chance.choice([SEQUENTIAL, SEQUENTIAL, {"every": "1h"}])
        self.world.task(job_id=chance.choice(self.jobs), **clock)

    def switch(self, chance: random.Random) -> None:
        change(self.world, self.one(chance), job_id=chance.choice(self.jobs), **chance.choice([SEQUENTIAL, CLOCK]))

    def move(self, chance: random.Random) -> None:
        change(self.world, self.one(chance), job_id=chance.choice(self.jobs))

    def leave(self, chance: random.Random) -> None:
        change(self.world, self.one(chance), job_id=None)

    def delete(self, chance: random.Random) -> None:
        delete(self.world, self.one(chance), force=True)

    def reorder(self, chance: random.Random) -> None:
        self.world.database.write(reorder, chance.choice(self.jobs), chance)

    def begin(self, chance: random.Random) -> None:
        self.world.database.write(begin_unless_running, chance.choice(self.jobs))

    def replace(self, chance: random.Random) -> None:
        """Delete a job with all that it holds, and make another in its place."""
        place = chance.randrange(len(self.jobs))
        deleted, self.jobs[place] = self.jobs[place], new_job(self.world)
        self.world.database.write(jobs.delete, DEFAULT_STORE, deleted, force=True)

    def one(self, chance: random.Random) -> str:
        found = self.world.rows(Task, "created_at", "id")
        if not found:
            raise NotFound("There is no task yet")
        return chance.choice(found).id


CLOCK = {"every": "2h"}


def begin_unless_running(work: Work, job_id: str) -> None:
    """A pass, unless one runs."""
    order.hold(work, DEFAULT_STORE, [job_id])
    if work.first("passes.running", job_id=job_id) is None:
        passes.begin(work, DEFAULT_STORE, job_id, trigger="manual")


@pytest.mark.parametrize("seed", SOME_SEEDS)
def test_positions_are_without_a_gap_after_each_step_of_a_random_life(world: World, seed: int) -> None:
    life = Life(world)
    for number in range(40):
        life.act(seed * 1_000 + number)
        assert out_of_order(world) == [], number
    assert world.rows(Task)
    assert world.broken() == []


@pytest.mark.parametrize("seed", SOME_SEEDS)
def test_positions_are_without_a_gap_after_random_lives_at_once(world: World, seed: int) -> None:
    life = Life(world)
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(life.act, range(seed * 1_000, seed * 1_000 + 80)))
    assert (out_of_order(world), world.broken()) == ([], [])
    assert {job.version for job in world.rows(Job)} != {1}
