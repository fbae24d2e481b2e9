"""Tasks that are deleted or switched while passes of their job run."""

import asyncio

import pytest

from processor.context import TickContext
from processor.errors import Conflict, NotFound
from processor.models import JobRun, JobRunStep, Run
from processor.rules.run_state import RunState
from processor.services import runs, tasks
from processor.storage import order
from processor.storage.runs import Ending, Worker, claim, finish
from processor.tick.tick import run_requested
from tests.conftest import Stores
from tests.integration.services.membership import (
    begin,
    change,
    delete,
    new_job,
    open_steps,
    order_of,
    out_of_order,
    steps,
    version_of,
)
from tests.world import DEFAULT_STORE, World

WORKER = Worker("00000000-0000-4000-8000-0000000000e1", lease_seconds=120)


def pass_of(world: World, pass_id: str) -> tuple[str, int]:
    (found,) = world.rows(JobRun, id=pass_id)
    return found.state, found.position


def run_by_hand(world: World, task_id: str) -> None:
    context = TickContext(world.settings.tick_seconds)
    asked = run_requested(
        world.database, world.settings, DEFAULT_STORE, lambda work: runs.request(work, DEFAULT_STORE, task_id), context
    )
    assert asyncio.run(asked).succeeded == 1


def test_deleting_a_task_closes_the_gap_in_its_jobs_order(world: World) -> None:
    job_id = new_job(world)
    _, middle, _ = steps(world, job_id, "A", "B", "C")
    before = version_of(world, job_id)
    delete(world, middle)
    assert order_of(world, job_id) == [("A", 1), ("C", 2)]
    assert version_of(world, job_id) == before + 1


def test_deleting_a_member_with_a_clock_leaves_the_order_as_it_is(world: World) -> None:
    job_id = new_job(world)
    steps(world, job_id, "A")
    before = version_of(world, job_id)
    delete(world, world.task(job_id=job_id))
    assert (order_of(world, job_id), version_of(world, job_id)) == ([("A", 1)], before)


def test_a_pass_goes_on_when_its_queued_step_is_deleted(world: World) -> None:
    job_id = new_job(world)
    first, second, third = steps(world, job_id, "A", "B", "C")
    pass_id = begin(world, job_id)
    delete(world, first)
    assert open_steps(world, pass_id) == [second]
    world.tick()
    assert pass_of(world, pass_id) == ("succeeded", 3)
    assert [run.task_id for run in world.rows(Run, "position", job_run_id=pass_id)] == [second, third]
    assert (out_of_order(world), world.broken()) == ([], [])


def test_a_pass_ends_when_its_last_step_is_deleted(world: World) -> None:
    job_id = new_job(world)
    (only,) = steps(world, job_id, "A")
    pass_id = begin(world, job_id)
    delete(world, only)
    assert pass_of(world, pass_id)[0] == "succeeded"
    assert world.broken() == []


def test_a_step_that_runs_is_deleted_by_force_alone_and_the_pass_goes_on(world: World) -> None:
    job_id = new_job(world)
    first, second = steps(world, job_id, "A", "B")
    pass_id = begin(world, job_id)
    (claimed,) = world.database.write(claim, WORKER, 1)
    with pytest.raises(Conflict, match=claimed.run_id):
        delete(world, first)
    assert open_steps(world, pass_id) == [first]
    delete(world, first, force=True)
    assert open_steps(world, pass_id) == [second]
    world.tick()
    assert pass_of(world, pass_id) == ("succeeded", 2)


def test_a_step_to_come_that_is_deleted_vanishes_from_the_pass(world: World) -> None:
    job_id = new_job(world)
    first, second, third = steps(world, job_id, "A", "B", "C")
    pass_id = begin(world, job_id)
    delete(world, second)
    assert open_steps(world, pass_id) == [first]
    world.tick()
    assert [step.task_id for step in world.rows(JobRunStep, "position", job_run_id=pass_id)] == [first, third]
    assert pass_of(world, pass_id) == ("succeeded", 3)


def test_a_task_that_two_passes_wait_for_lets_both_go_on(world: World) -> None:
    one, two = new_job(world), new_job(world)
    moving, last = steps(world, one, "A", "B")
    of_one = begin(world, one)
    change(world, moving, job_id=two)
    (other,) = steps(world, two, "C")
    of_two = begin(world, two)
    assert open_steps(world, of_one) == open_steps(world, of_two) == [moving]
    delete(world, moving)
    assert (open_steps(world, of_one), open_steps(world, of_two)) == ([last], [other])
    assert (out_of_order(world), world.broken()) == ([], [])


def test_a_run_that_was_asked_for_stays_when_its_step_is_disabled(world: World) -> None:
    job_id = new_job(world)
    first, second = steps(world, job_id, "A", "B")
    pass_id = begin(world, job_id)
    for task_id in (first, second):
        change(world, task_id, enabled=False)
    assert open_steps(world, pass_id) == [first]
    world.tick()
    assert [run.state for run in world.runs(first)] == ["succeeded"]
    assert world.runs(second) == []
    assert pass_of(world, pass_id)[0] == "succeeded"


def test_a_run_that_was_asked_for_stays_when_its_step_leaves_the_job(world: World) -> None:
    job_id = new_job(world)
    first, second = steps(world, job_id, "A", "B")
    pass_id = begin(world, job_id)
    change(world, first, job_id=None)
    assert open_steps(world, pass_id) == [first]
    world.tick()
    assert [run.state for run in world.runs(second)] == ["succeeded"]
    assert pass_of(world, pass_id)[0] == "succeeded"


def test_a_run_by_hand_is_outside_every_pass(world: World) -> None:
    job_id = new_job(world)
    first, second = steps(world, job_id, "A", "B")
    run_by_hand(world, first)
    world.tick()
    assert [(run.state, run.job_run_id) for run in world.runs(first)] == [("succeeded", None)]
    assert (world.runs(second), world.rows(JobRun)) == ([], [])


def test_a_run_by_hand_does_not_move_a_pass_that_runs(world: World) -> None:
    job_id = new_job(world)
    first, _, third = steps(world, job_id, "A", "B", "C")
    pass_id = begin(world, job_id)
    run_by_hand(world, third)
    assert [(run.state, run.job_run_id) for run in world.runs(third)] == [("succeeded", None)]
    assert open_steps(world, pass_id) == [first]


def test_a_pass_waits_for_the_run_by_hand_of_its_next_step_and_goes_on(world: World) -> None:
    job_id = new_job(world)
    _, second, third = steps(world, job_id, "A", "B", "C")
    world.database.write(runs.request, DEFAULT_STORE, second)
    (by_hand,) = world.database.write(claim, WORKER, 1)
    pass_id = begin(world, job_id)
    world.tick()
    assert open_steps(world, pass_id) == [second]
    assert (pass_of(world, pass_id), world.runs(third)) == (("running", 2), [])
    world.database.write(finish, by_hand, Ending(RunState.SUCCEEDED))
    world.tick()
    assert pass_of(world, pass_id) == ("succeeded", 3)
    assert out_of_order(world) == []


def test_a_stranger_deletes_nothing_of_mine(world: World, stores: Stores) -> None:
    job_id = new_job(world)
    (task_id,) = steps(world, job_id, "A")
    with pytest.raises(NotFound), world.database.writing() as work:
        tasks.delete(work, stores.stranger, task_id, force=True)
    with world.database.reading() as work:
        assert order.of(work, job_id) == [task_id]
