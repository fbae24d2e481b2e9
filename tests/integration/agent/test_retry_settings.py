"""How a task's own settings decide when its failed runs start again, on both databases."""

from typing import Any

import pytest

from processor.models import Run
from processor.services.instants import epoch
from tests.world import HOUR, World, call, calls, finishes

DAY = 24 * HOUR


def waits(world: World, task_id: str) -> list[int]:
    """Tick whenever the run may go on, until it has ended; how long it waited before each start after the first."""
    found = list[int]()
    world.tick()
    while world.run(task_id).state == "waiting":
        not_before = world.run(task_id).not_before
        assert not_before is not None
        found.append(epoch(not_before) - world.clock.now)
        world.clock.set(epoch(not_before))
        world.tick()
    return found


def test_a_task_says_how_long_its_runs_wait_before_each_start(world: World) -> None:
    shape: dict[str, Any] = {"retry_multiplier": 3, "retry_cap_seconds": 500, "retry_jitter": False}
    task_id = world.due_task(every="7d", max_retries=5, retry_delay_seconds=20, **shape)
    world.script(finishes("failed", "Never."))

    assert waits(world, task_id) == [20, 60, 180, 500, 500]

    run = world.run(task_id)
    assert (run.state, run.attempt, run.error_class) == ("failed", 6, "task_failed")


def test_a_delay_that_does_not_grow_is_the_same_each_time(world: World) -> None:
    task_id = world.due_task(every="7d", retry_multiplier=1, retry_jitter=False)
    world.script(finishes("failed", "Never."))

    assert waits(world, task_id) == [60, 60, 60]


def test_jitter_spreads_the_delay_of_each_run_by_itself(world: World) -> None:
    ids = [world.due_task(retry_delay_seconds=3_600) for _ in range(8)]
    world.script(finishes("failed", "Never."))
    world.tick()

    delays = [epoch(run.not_before) - world.clock.now for each in ids if (run := world.run(each)).not_before]

    assert len(set(delays)) > 1
    assert all(0 <= delay <= HOUR for delay in delays)


def test_a_failure_that_the_task_does_not_name_is_the_last(world: World) -> None:
    task_id = world.due_task(retry_on=["stuck"])
    world.script(finishes("failed", "Never."))

    assert world.tick().failed == 1

    assert (world.run(task_id).attempt, world.run(task_id).error_class) == (1, "task_failed")


def test_a_failure_that_the_task_names_is_retried_in_a_new_conversation(world: World) -> None:
    task_id = world.due_task(retry_on=["stuck"], retry_jitter=False)
    world.script(*[calls(call("list_cards"))] * 5)
    world.tick()
    waiting = world.run(task_id)
    assert (waiting.state, waiting.waiting_for) == ("waiting", "retry")
    world.clock.advance(60)
    world.script(finishes())

    assert world.tick().succeeded == 1

    assert world.run(task_id).attempt == 2


def test_settings_that_change_while_a_run_waits_hold_from_its_next_failure_on(world: World) -> None:
    task_id = world.due_task(every="7d", retry_jitter=False)
    world.script(finishes("failed", "Never."))
    world.tick()
    world.change(world.row(task_id), max_retries=0)
    world.clock.advance(60)

    assert world.tick().failed == 1

    assert world.run(task_id).attempt == 2


@pytest.mark.parametrize(("cap_seconds", "hours"), [(DAY, 10), (HOUR, 1)])
def test_a_clock_that_is_set_back_leaves_a_retry_the_wait_that_its_task_allows(
    world: World, cap_seconds: int, hours: int
) -> None:
    task_id = world.due_task(every="7d", retry_cap_seconds=cap_seconds)
    world.script(finishes("failed", "Never."))
    world.tick()
    now = world.clock.now
    world.change(world.run(task_id), not_before=now + 10 * HOUR)
    world.clock.advance(DAY * 365)
    world.tick(max_runs=0)
    world.clock.set(now)

    world.tick(max_runs=0)

    (run,) = world.rows(Run, task_id=task_id)
    assert run.not_before is not None
    assert epoch(run.not_before) == now + hours * HOUR
