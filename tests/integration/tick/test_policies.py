import pytest

from processor.models import Run
from processor.rules.disposition import LONGEST_LIST
from processor.services import tasks
from processor.services.instants import epoch_or_none
from tests.conftest import MONDAY_MORNING
from tests.integration.tick.materialising import materialised
from tests.rows import add_run
from tests.world import HOUR, World

NOW = MONDAY_MORNING
MINUTE = 60


@pytest.mark.parametrize(
    ("misfire", "became"),
    [
        ("skip", ["missed", "missed", "missed"]),
        ("latest", ["missed", "missed", "claimed"]),
        ("all", ["claimed"]),
    ],
)
def test_the_misfire_policy_decides_about_late_slots(world: World, misfire: str, became: list[str]) -> None:
    task_id = world.due_task(misfire=misfire)
    world.clock.advance(2 * HOUR + 30 * MINUTE)

    materialised(world)

    assert world.dispositions(task_id) == became


def test_a_task_that_catches_up_runs_all_late_slots_in_order(world: World) -> None:
    task_id = world.due_task(misfire="all")
    world.clock.advance(2 * HOUR + 30 * MINUTE)

    for _ in range(4):
        world.tick()

    assert [(epoch_or_none(run.scheduled_time), run.state) for run in world.runs(task_id)] == [
        (NOW, "succeeded"),
        (NOW + HOUR, "succeeded"),
        (NOW + 2 * HOUR, "succeeded"),
    ]
    assert world.dispositions(task_id) == ["claimed"] * 3


def test_the_stores_misfire_policy_holds_for_tasks_without_one(world: World) -> None:
    task_id = world.due_task()
    with world.database.writing() as work:
        work.session.connection().exec_driver_sql("UPDATE stores SET misfire = 'latest'")
    world.clock.advance(2 * HOUR + 30 * MINUTE)

    materialised(world)

    assert world.dispositions(task_id) == ["missed", "missed", "claimed"]


def test_an_outage_of_many_slots_leaves_one_row_for_all(world: World) -> None:
    task_id = world.due_task(every="1m")
    minutes = LONGEST_LIST + 500
    world.clock.advance(minutes * MINUTE)

    assert materialised(world) == {"due": 1, "claimed": 1, "missed": minutes - 10, "skipped": 10}

    assert world.ledger(task_id)[0] == (NOW, "missed", NOW + (minutes - 11) * MINUTE, minutes - 10)
    assert len(world.ledger(task_id)) == 1 + 10 + 1


def test_a_slot_that_meets_an_open_run_is_skipped(world: World) -> None:
    task_id = world.due_task()
    with world.database.writing() as work:
        add_run(work, world.row(task_id).store_id, task_id, "running")

    assert materialised(world) == {"due": 1, "claimed": 0, "missed": 0, "skipped": 1}

    assert world.ledger(task_id) == [(NOW, "skipped_overlap", None, 1)]


def test_a_slot_that_meets_a_run_of_a_backfill_waits_for_it_and_runs(world: World) -> None:
    task_id = world.due_task()
    with world.database.writing() as work:
        run_id = add_run(work, world.row(task_id).store_id, task_id, "waiting", trigger="backfill", not_before=None)

    assert materialised(world) == {"due": 1, "claimed": 0, "missed": 0, "skipped": 0}
    assert world.row(task_id).held

    (run,) = world.rows(Run, id=run_id)
    world.change(run, waiting_for="resume", not_before=world.clock.now)
    world.tick()
    world.clock.advance(30 * MINUTE)
    world.tick()

    assert world.ledger(task_id) == [(NOW, "claimed", None, 1)]
    assert [run.trigger for run in world.runs(task_id)] == ["backfill", "schedule"]


def test_a_slot_that_may_wait_runs_when_the_run_in_the_way_has_ended(world: World) -> None:
    task_id = world.due_task(overlap="queue")
    with world.database.writing() as work:
        run_id = add_run(work, world.row(task_id).store_id, task_id, "waiting", not_before=None)

    assert materialised(world)["claimed"] == 0
    assert world.ledger(task_id) == []
    assert world.row(task_id).held
    assert materialised(world)["due"] == 0, "a task that waits is not looked at again and again"

    (run,) = world.rows(Run, id=run_id)
    world.change(run, waiting_for="resume", not_before=world.clock.now)
    world.tick()
    world.clock.advance(30 * MINUTE)
    world.tick()

    assert world.ledger(task_id) == [(NOW, "claimed", None, 1)]
    assert [run.state for run in world.runs(task_id)] == ["succeeded", "succeeded"]


def test_a_pause_becomes_one_row_and_the_schedule_goes_on(world: World) -> None:
    task_id = world.due_task(every="20m")
    with world.database.writing() as work:
        tasks.pause(work, world.row(task_id).store_id, task_id, NOW + 2 * HOUR + 1)
    world.clock.advance(2 * HOUR)
    assert materialised(world)["due"] == 0

    world.clock.advance(20 * MINUTE)
    assert materialised(world) == {"due": 1, "claimed": 1, "missed": 0, "skipped": 7}

    resumed = NOW + 2 * HOUR + 20 * MINUTE
    assert world.ledger(task_id) == [
        (NOW, "skipped_paused", NOW + 2 * HOUR, 7),
        (resumed, "claimed", None, 1),
    ]
    assert world.row(task_id).paused_until is None
