"""The job object: its tasks in order, and how far its newest pass is, on both databases."""

from typing import Any

import pytest

from processor.services import interventions, jobs
from processor.storage import passes
from processor.storage.work import Result, Work
from tests.conftest import Stores
from tests.world import DEFAULT_STORE, World, finishes


def begin(world: World, job_id: str, first_position: int = 1) -> str:
    with world.database.writing() as work:
        return passes.begin(work, DEFAULT_STORE, job_id, trigger="manual", first_position=first_position)


def view(world: World, job_id: str) -> dict[str, Any]:
    with world.database.reading() as work:
        return jobs.view(work, jobs.get(work, DEFAULT_STORE, job_id))


def test_tasks_are_shown_in_their_order_and_members_with_a_clock_of_their_own_after_them(world: World) -> None:
    job_id, (first, second) = world.job(2)
    other = world.task(name="By the hour")
    world.change(world.row(other), job_id=job_id)
    world.task(name="Nobody's")
    shown = view(world, job_id)
    assert (shown["progress"], shown["task_order"]) == ("0/2", [first, second])
    assert [(task["id"], task["position"], task["schedule_text"]) for task in shown["tasks"]] == [
        (first, 1, "Sequential (runs in job order)"),
        (second, 2, "Sequential (runs in job order)"),
        (other, None, "Every hour"),
    ]
    assert shown["tasks"][0] | {"id": "", "schedule_text": ""} == {
        "id": "",
        "name": "Step 1",
        "position": 1,
        "schedule_text": "",
        "enabled": True,
        "step": None,
        "state": None,
        "skip_reason": None,
        "run_id": None,
    }


def test_a_pass_under_way_shows_its_step_and_that_steps_run(world: World) -> None:
    job_id, (first, second, _) = world.job(3)
    begin(world, job_id)
    shown = view(world, job_id)
    assert (shown["status"], shown["progress"]) == ("in_progress", "1/3")
    assert shown["job_run"] == {
        "id": shown["job_run"]["id"],
        "number": 1,
        "trigger": "manual",
        "scheduled_time": None,
        "state": "running",
        "position": 1,
        "first_position": 1,
        "started_at": "2026-11-16T09:00:00Z",
        "finished_at": None,
        "run_id": world.run(first).id,
    }
    assert [task["state"] for task in shown["tasks"]] == ["queued", None, None]
    world.change(world.row(second), enabled=False, next_run_at=None)
    world.tick(max_runs=1)
    shown = view(world, job_id)
    assert (shown["status"], shown["progress"]) == ("in_progress", "3/3")
    assert [(task["state"], task["skip_reason"]) for task in shown["tasks"]] == [
        ("succeeded", None),
        (None, "disabled"),
        ("queued", None),
    ]


def test_only_the_newest_pass_counts(world: World) -> None:
    job_id, task_ids = world.job(3)
    world.script(finishes("failed", "No."))
    begin(world, job_id)
    world.tick()
    assert (view(world, job_id)["status"], view(world, job_id)["progress"]) == ("failed", "1/3")
    begin(world, job_id, 2)
    shown = view(world, job_id)
    assert (shown["status"], shown["progress"]) == ("in_progress", "2/3")
    assert (shown["job_run"]["number"], shown["job_run"]["first_position"]) == (2, 2)
    assert [task["state"] for task in shown["tasks"]] == [None, "queued", None]
    with world.database.writing() as work:
        interventions.cancel(work, DEFAULT_STORE, world.run(task_ids[1]).id)
    assert view(world, job_id)["job_run"]["finished_at"] == "2026-11-16T09:00:00Z"


def test_many_jobs_are_shown_with_as_many_statements_as_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {world.job(2)[0]: "pending" for _ in range(2)}
    running, _ = world.job(3)
    begin(world, running)
    made[running] = "in_progress"
    asked: list[str] = []
    run = Work.run

    def noting(work: Work, name: str, /, **values: object) -> Result:
        asked.append(name)
        return run(work, name, **values)

    monkeypatch.setattr(Work, "run", noting)
    with world.database.reading() as work:
        found = jobs.list(work, DEFAULT_STORE)
        assert {shown["id"]: shown["status"] for shown in jobs.views(work, found)} == made
    assert sorted(asked) == ["job_views.newest_passes", "job_views.tasks"]


def test_a_strangers_tasks_are_none_of_mine(world: World, stores: Stores) -> None:
    mine, _ = world.job(1)
    theirs, _ = world.job(2, stores.stranger)
    world.task(store_id=stores.stranger)
    with world.database.reading() as work:
        assert [job.id for job in jobs.list(work, stores.stranger)] == [theirs]
        assert jobs.count_unassigned(work, stores.stranger) == 1
        assert jobs.count_unassigned(work, DEFAULT_STORE) == 0
    assert len(view(world, mine)["tasks"]) == 1
