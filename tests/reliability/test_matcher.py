"""The second opinion agrees with a sound database, and sees each way of not being sound."""

import pytest

from tests.reliability.matcher import holding, mismatches
from tests.reliability.passing import begin, new_job
from tests.world import DEFAULT_STORE, HOUR, World

LEDGER = "processed_task_executions"
BREAKAGES = {
    "a slot without a row": (f"DELETE FROM {LEDGER} WHERE disposition = 'missed'", "have no row"),
    "a cursor that went on alone": ("UPDATE tasks SET cursor_at = cursor_at + 86400", "have no row"),
    "a row that is no slot": (
        f"UPDATE {LEDGER} SET scheduled_time = scheduled_time + 1 WHERE disposition = 'missed'",
        "counts 1 slots, its schedule says 0",
    ),
    "a range that counts too much": (
        f"UPDATE {LEDGER} SET slot_count = slot_count + 1 WHERE until_time IS NOT NULL",
        "its schedule says",
    ),
    "a range over another row": (
        f"UPDATE {LEDGER} SET until_time = until_time + 60, slot_count = slot_count + 1 WHERE until_time IS NOT NULL",
        "repeats 1 slots",
    ),
    "a row ahead of the cursor": ("UPDATE tasks SET cursor_at = cursor_at - 86400", "lies ahead of the cursor"),
    "a claim whose run is another": (
        f"UPDATE {LEDGER} SET run_id = task_id WHERE disposition = 'claimed'",
        "and its first runs are",
    ),
    "a claim without its run": ("DELETE FROM runs", "and its first runs are []"),
    "a run that nobody claimed": (
        f"UPDATE {LEDGER} SET disposition = 'missed', run_id = NULL WHERE disposition = 'claimed'",
        "which nobody claimed",
    ),
    "a card too many": (
        "DELETE FROM tool_calls WHERE name = 'create_card'",
        "made 1 cards, and recorded 0",
    ),
    "a card that is gone": ("DELETE FROM run_cards", "made 0 cards, and recorded 1"),
    "an order with a gap": ("UPDATE tasks SET position = position + 1 WHERE position > 1", "its tasks are at [1, 3]"),
    "a job that says too much": ("UPDATE jobs SET status = 'failed'", "it is failed, and its newest pass is running"),
    "a pass that nobody counted": ("UPDATE job_runs SET number = number + 2", "its passes are numbered [3, 4]"),
    "a pass that did not wait": (
        "UPDATE runs SET state = 'cancelled' WHERE position = 1 AND state = 'succeeded'",
        "step 2 comes after step 1, which is cancelled",
    ),
    "a step that nobody will run": (
        "DELETE FROM runs WHERE job_run_id IS NOT NULL AND state = 'queued'",
        "it is running at step 2, and step 2 is not begun",
    ),
    "a pass that ended too early": (
        "UPDATE job_runs SET state = 'succeeded', finished_at = started_at WHERE state = 'running'",
        "it is succeeded at step 2, and step 2 is running",
    ),
    "a pass that stands where nothing runs": (
        "UPDATE job_runs SET position = 1 WHERE state = 'running'",
        "it stands at step 1, and step 2 is running",
    ),
    "a skipped step that ran": ("UPDATE job_run_steps SET skip_reason = 'disabled'", "step 1 was skipped, and ran"),
    "a step that began late": (
        "UPDATE runs SET queued_at = queued_at + 1 WHERE position = 2",
        "and its time was",
    ),
    "a step of another task": (
        "UPDATE job_run_steps SET task_id = (SELECT id FROM tasks WHERE position IS NULL LIMIT 1) WHERE position = 1",
        "the run at step 1 is of task",
    ),
    "a run before the beginning of its pass": (
        "UPDATE job_runs SET first_position = 2",
        "step 1 ran, and the pass began at step 2",
    ),
}


@pytest.fixture
def sound(world: World) -> World:
    """Hours, minutes, calendars, on time, late, and in an outage of a day; a pass that is over, and one that runs."""
    world.due_task()
    world.due_task(every="1m")
    world.task(cron="30 2 * * *", timezone="Europe/Berlin")
    world.task(at=world.clock.now + HOUR)
    world.task(schedule_type="manual")
    world.tick()
    for hours in (1, 24, 3):
        world.clock.advance(hours * HOUR)
        world.tick()
    job_id, _ = new_job(world.database, DEFAULT_STORE, 2)
    begin(world.database, DEFAULT_STORE, job_id)
    world.tick()
    begin(world.database, DEFAULT_STORE, job_id)
    world.tick(max_runs=1)
    return world


def test_a_sound_database_has_no_mismatch(sound: World) -> None:
    held = holding(sound.database.url)

    assert mismatches(sound.database.url) == []
    assert held.slot_count > 28 * 60
    assert any(row.until is not None for row in held.ledger)


@pytest.mark.parametrize("name", BREAKAGES)
def test_what_does_not_fit_is_said(sound: World, name: str) -> None:
    statement, said = BREAKAGES[name]
    with sound.database.writing() as work:
        work.session.connection().exec_driver_sql(statement)

    found = mismatches(sound.database.url)

    assert any(said in each for each in found), found


def test_slots_of_a_changed_task_count_from_when_one_says(sound: World) -> None:
    with sound.database.writing() as work:
        work.session.connection().exec_driver_sql("UPDATE tasks SET version = 2, updated_at = cursor_at")
        work.session.connection().exec_driver_sql(f"DELETE FROM {LEDGER} WHERE disposition = 'missed'")
    hourly = next(task for task in holding(sound.database.url).tasks if task.interval_seconds == HOUR)

    assert mismatches(sound.database.url) == []
    assert mismatches(sound.database.url, since={hourly.id: hourly.created_at - 1}) != []
