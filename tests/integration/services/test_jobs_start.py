"""Passes that somebody asks for, on both databases."""

import pytest

from processor.errors import Conflict, InvalidInput, NotFound
from processor.models import AuditEntry
from processor.services import jobs
from tests.conftest import Stores
from tests.dump import everything
from tests.world import DEFAULT_STORE, World


def start(world: World, job_id: str, first: int = 1, store_id: str = DEFAULT_STORE) -> dict[str, object]:
    with world.database.writing() as work:
        return jobs.start(work, store_id, job_id, first)


def planned(world: World, job_id: str, first: int = 1, store_id: str = DEFAULT_STORE) -> jobs.PlannedPass:
    with world.database.reading() as work:
        return jobs.planned(work, store_id, job_id, first)


def test_a_pass_begins_with_the_first_task_and_is_returned(world: World) -> None:
    job_id, (first, _) = world.job(2)
    begun = start(world, job_id)
    assert (begun["number"], begun["trigger"], begun["state"], begun["position"]) == (1, "manual", "running", 1)
    assert begun["run_id"] == world.run(first).id
    assert world.broken() == []


def test_who_began_it_is_on_record(world: World) -> None:
    job_id, _ = world.job(1)
    with world.database.writing() as work:
        work.actor = "cli:somebody"
        jobs.start(work, DEFAULT_STORE, job_id)
    assert [(row.actor, row.action) for row in world.rows(AuditEntry, subject_id=job_id)] == [
        ("cli:somebody", "job.started")
    ]


def test_while_a_pass_runs_no_other_begins_and_the_one_in_the_way_is_named(world: World) -> None:
    job_id, (first, *_) = world.job(3)
    start(world, job_id)
    with pytest.raises(Conflict, match=r"'Job' runs already \(pass 1, task 1/3\): wait for it or 'processor") as met:
        start(world, job_id)
    assert met.value.live_run_id == world.run(first).id
    world.tick()
    assert start(world, job_id)["number"] == 2


@pytest.mark.parametrize("first", [-1, 0, 6])
def test_a_position_that_the_order_has_not_is_refused(world: World, first: int) -> None:
    job_id, _ = world.job(5)
    before = everything(world.database)
    for ask in (start, planned):
        with pytest.raises(InvalidInput, match="the job has 5 tasks: give --from 1 to 5"):
            ask(world, job_id, first)
    assert everything(world.database) == before


def test_where_no_task_could_run_nothing_begins(world: World) -> None:
    job_id, task_ids = world.job(3)
    for task_id in task_ids[1:]:
        world.change(world.row(task_id), enabled=False, next_run_at=None)
    with pytest.raises(Conflict, match=f"from 2 on is disabled: 'processor tasks enable {task_ids[1]}'"):
        start(world, job_id, 2)
    assert start(world, job_id)["state"] == "running"


def test_a_job_without_a_sequential_task_says_how_to_make_one(world: World) -> None:
    job_id, _ = world.job(0)
    with pytest.raises(Conflict, match=f"--job-id {job_id} --schedule-type sequential"):
        start(world, job_id)


def test_a_plan_names_the_steps_and_those_that_would_be_skipped_and_writes_nothing(world: World) -> None:
    job_id, task_ids = world.job(3)
    world.change(world.row(task_ids[1]), enabled=False, next_run_at=None)
    before = everything(world.database)
    plan = planned(world, job_id, 2)
    assert (plan["total"], plan["first_position"]) == (3, 2)
    assert [(step["position"], step["task_id"], step["skip_reason"]) for step in plan["steps"]] == [
        (2, task_ids[1], "disabled"),
        (3, task_ids[2], None),
    ]
    assert everything(world.database) == before


def test_a_strangers_job_does_not_exist(world: World, stores: Stores) -> None:
    job_id, _ = world.job(1)
    for ask in (start, planned):
        with pytest.raises(NotFound):
            ask(world, job_id, store_id=stores.stranger)
