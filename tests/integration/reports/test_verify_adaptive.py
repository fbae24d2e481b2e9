"""What verify says of adaptive tasks: nothing while they keep their promises, and what is wrong where they do not."""

from typing import Any

import pytest

from processor.models import LedgerRow, ScheduleDecision
from processor.reports.finding import Scope
from processor.reports.verify import CHECKS
from processor.services import proposals
from processor.services.instants import moment
from tests.conftest import MONDAY_MORNING, Stores
from tests.integration.adaptive_tasks import BATCH, adaptive_task, ended_run, taken_slot
from tests.world import HOUR, World

ABOUT = {"adaptive_tasks_go_on", "adaptive_slots_were_decided", "decisions_can_be_made_again"}


def found(world: World, store_id: str | None = None) -> list[tuple[str, int]]:
    """What is said of each broken promise, and how many rows break it."""
    scope = Scope(store_id, 20)
    with world.database.reading() as work:
        all_found = [check.find(work, scope) for check in CHECKS if check.name in ABOUT]
    return [(each.rows[0].said, each.count) for each in all_found if each.count]


@pytest.fixture
def task_id(world: World, stores: Stores) -> str:
    """A task that lived for some slots, with a proposal that is open."""
    task_id = adaptive_task(world, stores.mine, fallback="recent")
    run_id = ""
    for state in ("succeeded", "failed", "cancelled"):
        taken_slot(world, task_id)
        world.clock.advance(60)
        run_id = ended_run(world, task_id, state)
    with world.database.writing() as work:
        proposals.propose(work, stores.mine, task_id, run_id, reason="News", after="7h")
    ended_run(world, task_id)
    return task_id


def latest(world: World) -> ScheduleDecision:
    return world.rows(ScheduleDecision, "id")[-1]


def test_a_life_by_the_rules_breaks_no_promise(world: World, task_id: str) -> None:
    assert len(world.rows(ScheduleDecision, task_id=task_id)) == 8
    assert found(world) == []


@pytest.mark.parametrize("columns", [{"source": "paused"}, {"next_run_at": moment(MONDAY_MORNING + 99 * HOUR)}])
def test_a_decision_that_its_inputs_do_not_make_is_found(world: World, task_id: str, columns: dict[str, Any]) -> None:
    world.change(latest(world), **columns)
    assert any("made again it is" in said for said, _ in found(world))


def test_inputs_that_say_nothing_are_found(world: World, stores: Stores, task_id: str) -> None:
    world.change(latest(world), inputs="{}")
    assert [said.split("@")[0] for said, _ in found(world)] == ["what was decided at "]
    assert found(world, stores.stranger) == []


@pytest.mark.parametrize("next_run_at", [None, moment(MONDAY_MORNING + 5 * HOUR)])
def test_a_task_that_looks_at_another_time_than_was_decided_is_found(
    world: World, stores: Stores, task_id: str, next_run_at: Any
) -> None:
    world.change(world.row(task_id), next_run_at=next_run_at)
    ((said, count),) = found(world, stores.mine)
    assert (said.startswith("looks next at "), count) == (True, 1)
    assert found(world, stores.stranger) == []


def test_a_slot_that_nobody_decided_is_found(world: World, stores: Stores, task_id: str) -> None:
    at = moment(MONDAY_MORNING + HOUR + 7)
    row = LedgerRow(
        task_id=task_id,
        scheduled_time=at,
        store_id=stores.mine,
        disposition="missed",
        batch_id=BATCH,
        processed_at=at,
    )
    world.change(row)
    ((said, count),) = found(world, stores.mine)
    assert (said, count) == (f"there is a row for @{MONDAY_MORNING + HOUR + 7}, which nobody decided", 1)
    assert found(world, stores.stranger) == []
