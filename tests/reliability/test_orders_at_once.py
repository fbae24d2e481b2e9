"""Two who change a job at the same instant: neither is in the way of the other, and both leave it whole."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest

from processor.agent import endings
from processor.agent.run_log import RunLog
from processor.agent.toolbox import TOOLS
from processor.errors import Conflict, NotFound, StaleWriter
from processor.models import JobRun
from processor.services import jobs, tasks
from processor.storage import runs
from processor.storage.database import Database
from processor.storage.runs import Claim, Worker
from processor.storage.work import Work
from tests.reliability.extent import TIMES
from tests.reliability.figures import Figures
from tests.reliability.matcher import mismatches
from tests.reliability.passing import begin, new_job
from tests.world import DEFAULT_STORE, World

ROUNDS = {"sqlite": 3 * TIMES, "postgresql": 15 * TIMES}

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Ground:
    """A job of three tasks whose pass is at its first, in the hands of a worker, and another job that rests."""

    job_id: str
    task_ids: list[str]
    claim: Claim
    resting: str
    resting_ids: list[str]


Move = Callable[[Work, Ground], object]


def reverse(work: Work, ground: Ground) -> None:
    jobs.reorder(work, DEFAULT_STORE, ground.job_id, ground.task_ids[::-1])


def put_last_first(work: Work, ground: Ground) -> None:
    jobs.move(work, DEFAULT_STORE, ground.job_id, ground.task_ids[-1], 1)


def end_step(work: Work, ground: Ground) -> None:
    endings.leave(work, endings.succeeded("Done."), ground.claim, 0, RunLog(ground.claim))


def delete_step(work: Work, ground: Ground) -> None:
    tasks.delete(work, DEFAULT_STORE, ground.task_ids[0], force=True)


def delete_next(work: Work, ground: Ground) -> None:
    tasks.delete(work, DEFAULT_STORE, ground.task_ids[1])


def disable_next(work: Work, ground: Ground) -> None:
    tasks.disable(work, DEFAULT_STORE, ground.task_ids[1])


def take_next_away(work: Work, ground: Ground) -> None:
    tasks.update(work, DEFAULT_STORE, ground.task_ids[1], {"job_id": ground.resting}, TOOLS.keys())


def give_one(work: Work, ground: Ground) -> None:
    tasks.update(work, DEFAULT_STORE, ground.resting_ids[0], {"job_id": ground.job_id}, TOOLS.keys())


def delete_job(work: Work, ground: Ground) -> None:
    jobs.delete(work, DEFAULT_STORE, ground.job_id, force=True)


def delete_resting_job(work: Work, ground: Ground) -> None:
    jobs.delete(work, DEFAULT_STORE, ground.resting, force=True)


def cancel(work: Work, ground: Ground) -> None:
    jobs.cancel(work, DEFAULT_STORE, ground.job_id)


def start_resting(work: Work, ground: Ground) -> None:
    jobs.start(work, DEFAULT_STORE, ground.resting)


CONTESTS: list[tuple[Move, Move]] = [
    (reverse, put_last_first),
    (start_resting, start_resting),
    (start_resting, give_one),
    (start_resting, delete_resting_job),
    (take_next_away, give_one),
    (delete_step, delete_next),
    (delete_step, delete_job),
    (delete_job, delete_resting_job),
    (delete_job, take_next_away),
    (cancel, delete_step),
    *(
        (move, end_step)
        for move in (reverse, delete_step, delete_next, disable_next, take_next_away, delete_job, cancel)
    ),
]


@pytest.mark.parametrize(("one", "other"), CONTESTS, ids=lambda move: move.__name__)
def test_two_at_once_leave_every_promise_kept(world: World, figures: Figures, one: Move, other: Move) -> None:
    rounds = ROUNDS[world.database.dialect]
    grounds = [prepare(world.database) for _ in range(rounds)]
    told = Counter[str]()
    with ThreadPoolExecutor(2) as pool:
        for ground in grounds:
            try_one = partial(attempt, world.database, ground, threading.Barrier(2))
            told.update(pool.map(try_one, (one, other)))

    assert told.keys() <= {"done", "Conflict", "NotFound", "StaleWriter"}
    assert told["done"] >= rounds
    if one is other:
        assert told["done"] == rounds, "who comes second meets a conflict"
    settle(world)
    assert world.broken() == []
    assert mismatches(world.database.url) == []
    figures.add("two who change a job at once", world.database.dialect, rounds=rounds)


def prepare(database: Database) -> Ground:
    job_id, task_ids = new_job(database, DEFAULT_STORE, 3)
    resting, resting_ids = new_job(database, DEFAULT_STORE, 2)
    worker = Worker(str(uuid.uuid4()), 120, job_run_id=begin(database, DEFAULT_STORE, job_id))
    (claim,) = database.write(runs.claim, worker, 1)
    return Ground(job_id, task_ids, claim, resting, resting_ids)


def attempt(database: Database, ground: Ground, together: threading.Barrier, move: Move) -> str:
    """What came of it, in a transaction of its own: `done`, or the error that the other one left for it."""
    together.wait()
    try:
        database.write(move, ground)
    except (Conflict, NotFound, StaleWriter) as error:
        return type(error).__name__
    return "done"


def settle(world: World) -> None:
    """The workers are gone: let ticks bring every pass to its end."""
    world.clock.advance(121)
    for _ in range(3):
        assert world.tick().exit_code == 0
    assert [each.id for each in world.rows(JobRun, state="running")] == []
