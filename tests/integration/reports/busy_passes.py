"""Passes in all states: at their end, with steps that were skipped or are gone, stopped at a step, and under way."""

from processor.models import Job, Run
from processor.services import interventions, tasks
from processor.storage import passes
from tests.world import DEFAULT_STORE, World, call, calls, finishes


def make_passes(world: World, stranger_id: str) -> None:
    """Leaves one run behind: the second step of the pass that is under way is queued."""
    _fail(world)
    world.script(calls(call("create_card", title="Card")), finishes())
    _end(world, stranger_id)
    _skip_and_repeat(world)
    _lose_a_step(world)
    _cancel(world)
    _begin(world, "Under way", 3)
    assert world.tick(max_runs=1).succeeded == 1


def _begin(world: World, name: str, steps: int, store_id: str = DEFAULT_STORE) -> tuple[str, list[str]]:
    job_id, task_ids = world.job(steps, store_id)
    (job,) = world.rows(Job, id=job_id)
    world.change(job, name=name)
    _begin_again(world, job_id, store_id)
    return job_id, task_ids


def _begin_again(world: World, job_id: str, store_id: str = DEFAULT_STORE) -> None:
    with world.database.writing() as work:
        passes.begin(work, store_id, job_id, trigger="manual")


def _end(world: World, stranger_id: str) -> None:
    _begin(world, "Theirs", 2, stranger_id)
    _begin(world, "Straight", 3)
    assert world.tick().succeeded == 5


def _skip_and_repeat(world: World) -> None:
    """One pass goes over its second step, and the next one over all that is left."""
    job_id, task_ids = _begin(world, "Twice", 3)
    for disabled in task_ids[1:]:
        world.change(world.row(disabled), enabled=False)
        assert world.tick().succeeded > 0
        _begin_again(world, job_id)
    assert world.tick().succeeded == 1


def _lose_a_step(world: World) -> None:
    _, task_ids = _begin(world, "Shorter", 3)
    world.tick()
    with world.database.writing() as work:
        tasks.delete(work, DEFAULT_STORE, task_ids[-1])


def _cancel(world: World) -> None:
    _, task_ids = _begin(world, "Called off", 3)
    world.tick(max_runs=1)
    (run,) = world.rows(Run, task_id=task_ids[1])
    with world.database.writing() as work:
        interventions.cancel(work, DEFAULT_STORE, run.id)


def _fail(world: World) -> None:
    world.script(finishes("failed", "The board was locked."))
    _begin(world, "Stopped", 2)
    assert world.tick().succeeded == 0
