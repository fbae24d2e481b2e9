import uuid
from collections.abc import Callable
from typing import Any

import pytest

from processor.errors import Conflict, NotFound
from processor.models import Run
from processor.services import reruns
from processor.services.runs import RunView
from tests.conftest import Stores
from tests.dump import everything
from tests.rows import add_run
from tests.world import DEFAULT_STORE, HOUR, World, finishes


def failed(world: World, **fields: Any) -> Run:
    """A run of a slot that has failed."""
    task_id = world.due_task(max_retries=0, **fields)
    world.script(finishes("failed", "The board was locked."))
    world.tick()
    world.script(finishes())
    return world.run(task_id)


def again(world: World, run_id: str, store_id: str = DEFAULT_STORE) -> RunView:
    with world.database.writing() as work:
        return reruns.request(work, store_id, run_id)


def planned(world: World, run_id: str, store_id: str = DEFAULT_STORE) -> dict[str, Any]:
    with world.database.reading() as work:
        return reruns.planned(work, store_id, run_id)


def test_a_repetition_is_a_new_run_for_the_same_time_and_by_the_same_trigger(world: World) -> None:
    first = failed(world)
    world.clock.advance(60)

    shown = again(world, first.id)

    assert (shown["rerun_of"], shown["trigger"], shown["state"]) == (first.id, "schedule", "queued")
    assert shown["scheduled_time"] == "2026-11-16T09:00:00Z"
    assert shown["id"] != first.id
    assert world.tick().succeeded == 1
    assert [run.state for run in world.runs(first.task_id)] == ["failed", "succeeded"]
    assert world.dispositions(first.task_id) == ["claimed"], "the slot and its first run stay as they are"
    assert world.broken() == []


def test_a_repetition_can_be_repeated(world: World) -> None:
    first = failed(world)
    second = again(world, first.id)
    world.tick()

    third = again(world, second["id"])

    assert third["rerun_of"] == second["id"]
    assert world.broken() == []


def test_a_slot_that_falls_due_meets_a_repetition_as_it_meets_any_run(world: World) -> None:
    first = failed(world)
    world.clock.advance(HOUR)
    again(world, first.id)

    report = world.tick()

    assert (report.skipped, report.succeeded) == (1, 1)
    assert world.broken() == []


def test_a_plan_shows_what_would_be_queued_and_writes_nothing(world: World) -> None:
    first = failed(world)
    before = everything(world.database)

    plan = planned(world, first.id)

    assert everything(world.database) == before
    shown = again(world, first.id)
    assert plan == {**shown, "id": None}


@pytest.mark.parametrize("ask", [again, planned])
@pytest.mark.parametrize("state", ["queued", "running", "waiting"])
def test_what_has_not_ended_is_not_run_again(world: World, state: str, ask: Callable[..., object]) -> None:
    task_id = world.task()
    with world.database.writing() as work:
        run_id = add_run(work, DEFAULT_STORE, task_id, state)
    before = everything(world.database)

    with pytest.raises(Conflict, match=f"is {state}") as raised:
        ask(world, run_id)

    assert raised.value.live_run_id == run_id
    assert everything(world.database) == before


@pytest.mark.parametrize("ask", [again, planned])
def test_a_task_with_an_open_run_repeats_nothing(world: World, ask: Callable[..., object]) -> None:
    first = failed(world)
    second = again(world, first.id)
    before = everything(world.database)

    with pytest.raises(Conflict) as raised:
        ask(world, first.id)

    assert raised.value.live_run_id == second["id"]
    assert everything(world.database) == before


@pytest.mark.parametrize("ask", [again, planned])
def test_a_stranger_repeats_nothing_of_mine(world: World, stores: Stores, ask: Callable[..., object]) -> None:
    first = failed(world, store_id=stores.mine)
    before = everything(world.database)

    for run_id in (first.id, str(uuid.uuid4()), "no id"):
        with pytest.raises(NotFound):
            ask(world, run_id, stores.stranger)

    assert everything(world.database) == before
