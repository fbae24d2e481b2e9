"""Tasks in jobs: they join, leave and move, and every order stays without a gap."""

import uuid
from typing import Any

import pytest

from processor.errors import Conflict, InvalidInput, NotFound
from processor.models import Job
from processor.services import jobs, tasks
from processor.storage import order
from tests.conftest import Stores
from tests.integration.services.membership import SEQUENTIAL, change, new_job, order_of, steps, version_of
from tests.world import DEFAULT_STORE, HOUR, World


def test_new_sequential_tasks_go_to_the_end_of_their_jobs_order(world: World) -> None:
    mine, other = new_job(world), new_job(world)
    steps(world, other, "X")
    steps(world, mine, "A", "B", "C")
    assert order_of(world, mine) == [("A", 1), ("B", 2), ("C", 3)]
    assert order_of(world, other) == [("X", 1)]
    assert (version_of(world, mine), version_of(world, other)) == (4, 2)


def test_a_sequential_task_waits_for_no_time(world: World) -> None:
    (task_id,) = steps(world, new_job(world), "A")
    task = world.row(task_id)
    assert (task.next_run_at, task.cursor_at.timestamp()) == (None, world.clock.now)
    with world.database.writing() as work:
        shown = tasks.view(work, tasks.get(work, DEFAULT_STORE, task_id))
        with pytest.raises(InvalidInput, match=r"step of a job .* disable it"):
            tasks.pause(work, DEFAULT_STORE, task_id, "2100-01-01")
        assert tasks.upcoming(work, DEFAULT_STORE, task_id) == []
        assert tasks.disable(work, DEFAULT_STORE, task_id).enabled is False
        assert tasks.enable(work, DEFAULT_STORE, task_id).next_run_at is None
    assert shown["schedule"] == {"type": "sequential"}
    assert shown["schedule_text"] == "Sequential (runs in job order)"
    assert (shown["job_name"], shown["position"], shown["step"]) == ("Job", 1, "1/1")


def test_a_task_that_becomes_sequential_accounts_for_its_slots_and_goes_to_the_end(world: World) -> None:
    job_id = new_job(world)
    steps(world, job_id, "A")
    hourly = world.task(name="B", job_id=job_id, every="1h")
    assert world.row(hourly).position is None
    assert version_of(world, job_id) == 2
    world.clock.advance(2 * HOUR)
    change(world, hourly, **SEQUENTIAL)
    assert order_of(world, job_id) == [("A", 1), ("B", 2)]
    assert world.dispositions(hourly) == ["missed", "missed"]
    task = world.row(hourly)
    assert (task.interval_seconds, task.anchor_at, task.next_run_at) == (None, None, None)


def test_switching_to_a_clock_leaves_the_order_and_not_the_job(world: World) -> None:
    job_id = new_job(world)
    first, _, _ = steps(world, job_id, "A", "B", "C")
    change(world, first, every="1h")
    assert order_of(world, job_id) == [("B", 1), ("C", 2)]
    assert (world.row(first).job_id, world.row(first).position) == (job_id, None)
    assert version_of(world, job_id) == 5


def test_moving_to_another_job_keeps_both_orders_without_a_gap(world: World) -> None:
    one, two = new_job(world), new_job(world)
    steps(world, two, "X", "Y")
    _, middle, _ = steps(world, one, "A", "B", "C")
    before = version_of(world, one), version_of(world, two)
    change(world, middle, job_id=two)
    assert order_of(world, one) == [("A", 1), ("C", 2)]
    assert order_of(world, two) == [("X", 1), ("Y", 2), ("B", 3)]
    assert (version_of(world, one), version_of(world, two)) == (before[0] + 1, before[1] + 1)


def test_a_sequential_task_without_its_job_is_a_manual_one(world: World) -> None:
    job_id = new_job(world)
    first, second = steps(world, job_id, "A", "B")
    task = change(world, first, job_id=None)
    assert (task.schedule_type, task.job_id, task.position) == ("manual", None, None)
    assert order_of(world, job_id) == [("B", 1)]
    assert change(world, second, job_id=None, every="1h").schedule_type == "interval"
    assert order_of(world, job_id) == []


def test_a_member_with_a_clock_of_its_own_joins_and_leaves_freely(world: World) -> None:
    one, two = new_job(world), new_job(world)
    hourly = world.task(job_id=one)
    next_run_at = world.row(hourly).next_run_at
    change(world, hourly, job_id=two)
    assert (world.row(hourly).job_id, world.row(hourly).position) == (two, None)
    change(world, hourly, job_id=None)
    assert (world.row(hourly).job_id, world.row(hourly).next_run_at) == (None, next_run_at)
    assert (version_of(world, one), version_of(world, two)) == (1, 1)


def test_an_edit_that_changes_no_place_leaves_the_order_as_it_is(world: World) -> None:
    job_id = new_job(world)
    first, second = steps(world, job_id, "A", "B")
    before = version_of(world, job_id)
    change(world, first, name="First", job_id=job_id, **SEQUENTIAL)
    change(world, second, enabled=False)
    assert order_of(world, job_id) == [("First", 1), ("B", 2)]
    assert version_of(world, job_id) == before


def test_who_orders_a_job_as_it_was_is_told_by_its_version(world: World) -> None:
    job_id = new_job(world)
    first, second = steps(world, job_id, "A", "B")
    seen = version_of(world, job_id)
    world.clock.advance(60)
    with world.database.writing() as work:
        tasks.delete(work, DEFAULT_STORE, first)
    with world.database.writing() as work, pytest.raises(Conflict, match="changed meanwhile"):
        jobs.reorder(work, DEFAULT_STORE, job_id, [second], version=seen)
    (row,) = world.rows(Job, id=job_id)
    assert row.version == seen + 1
    assert row.updated_at.timestamp() == world.clock.now


def test_a_task_joins_only_a_job_of_its_store(world: World, stores: Stores) -> None:
    theirs = new_job(world, stores.stranger)
    mine = new_job(world)
    (task_id,) = steps(world, mine, "A")
    for job_id in (theirs, str(uuid.uuid4()), "no id"):
        with pytest.raises(NotFound, match=f"There is no job '{job_id}'"):
            change(world, task_id, job_id=job_id, name="Changed")
        with pytest.raises(NotFound, match="There is no job"):
            world.task(job_id=job_id, **SEQUENTIAL)
    assert order_of(world, mine) == [("A", 1)]
    assert order_of(world, theirs) == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"schedule_type": "sequential"}, "Sequential schedule requires --job-id to be set"),
        ({"schedule_type": "sequential", "job_id": None}, "Sequential schedule requires --job-id to be set"),
        ({"schedule_type": "sequential", "cron": "0 9 * * *"}, "runs in job order: leave out --cron"),
        ({"schedule_type": "sequential", "at": "2100-01-01"}, "runs in job order: leave out --at"),
    ],
)
def test_what_cannot_be_sequential_is_refused_and_stays(world: World, fields: dict[str, Any], says: str) -> None:
    task_id = world.task()
    with pytest.raises(InvalidInput, match=says):
        change(world, task_id, **fields)
    assert world.row(task_id).version == 1


def test_an_edit_of_an_older_version_is_a_conflict_that_moves_nothing(world: World) -> None:
    one, two = new_job(world), new_job(world)
    (task_id,) = steps(world, one, "A")
    with world.database.writing() as work, pytest.raises(Conflict):
        tasks.update(work, DEFAULT_STORE, task_id, {"job_id": two}, frozenset(), version=9)
    assert order_of(world, one) == [("A", 1)]


def test_tasks_are_listed_by_job_in_its_order(world: World, stores: Stores) -> None:
    job_id = new_job(world)
    clocked = world.task(name="Hourly", job_id=job_id)
    first, second = steps(world, job_id, "A", "B")
    alone = world.task(name="Alone")
    with world.database.writing() as work:
        order.hold(work, DEFAULT_STORE, [job_id])
        order.write(work, job_id, [second, first])
    with world.database.reading() as work:
        listed = tasks.list(work, DEFAULT_STORE, job_id=job_id)
        assert [task.id for task in listed] == [second, first, clocked]
        assert [(each["job_name"], each["step"]) for each in tasks.views(work, listed)] == [
            ("Job", "1/2"),
            ("Job", "2/2"),
            ("Job", None),
        ]
        assert [task.id for task in tasks.list(work, DEFAULT_STORE, unassigned=True)] == [alone]
        with pytest.raises(NotFound):
            tasks.list(work, stores.stranger, job_id=job_id)
        with pytest.raises(InvalidInput, match="give --job-id or --unassigned"):
            tasks.list(work, DEFAULT_STORE, job_id=job_id, unassigned=True)
