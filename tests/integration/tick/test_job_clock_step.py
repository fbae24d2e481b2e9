"""A clock that was ahead and is set back: what it did to the slots of jobs, on both databases."""

from processor.models import Job, JobLedgerRow, JobRun
from processor.services import jobs
from processor.services.instants import epoch, epoch_or_none, moment
from tests.integration.tick.clocked_jobs import DAY, MINUTE, NOW, job, ledger, pass_slots, row_of
from tests.world import DEFAULT_STORE, HOUR, World

YEAR = 365 * DAY


def test_a_year_ahead_and_back_costs_no_slot_and_runs_none_twice(world: World) -> None:
    job_id = job(world)
    world.tick()
    world.clock.advance(YEAR)
    world.tick()
    world.clock.set(NOW)
    for _ in range(3):
        world.tick()
        world.clock.advance(HOUR)
    assert [slot for slot, _, _, _ in ledger(world, job_id)] == [NOW, NOW + HOUR, NOW + 2 * HOUR, NOW + YEAR]
    assert {disposition for _, disposition, _, _ in ledger(world, job_id)} == {"claimed"}
    world.clock.set(NOW + YEAR)
    assert world.tick().claimed == 0
    assert pass_slots(world, job_id).count(NOW + YEAR) == 1
    assert world.broken() == []


def test_a_range_that_reaches_into_the_time_to_come_ends_now(world: World) -> None:
    job_id = job(world)
    world.clock.advance(YEAR + 30 * MINUTE)
    world.tick()
    assert ledger(world, job_id) == [(NOW, "missed", NOW + YEAR, 365 * 24 + 1)]
    world.clock.set(NOW + 5 * HOUR + 10 * MINUTE)
    world.tick()
    assert ledger(world, job_id) == [(NOW, "missed", NOW + 5 * HOUR, 6)]
    moved = row_of(world, job_id)
    assert (epoch(moved.cursor_at), epoch_or_none(moved.next_run_at)) == (world.clock.now, NOW + 6 * HOUR)
    assert world.broken() == []


def test_a_job_that_was_made_while_the_clock_was_ahead_is_noticed_without_a_tick(world: World) -> None:
    world.clock.advance(YEAR)
    with world.database.writing() as work:
        made = jobs.create(work, DEFAULT_STORE, {"name": "Early", "every": "1h"})
    world.clock.set(NOW)
    world.tick()
    moved = row_of(world, made.id)
    assert (epoch(moved.cursor_at), epoch_or_none(moved.next_run_at)) == (NOW, NOW + HOUR)


def test_an_edit_that_comes_before_the_tick_sets_the_job_right_too(world: World) -> None:
    job_id = job(world)
    world.clock.advance(YEAR + 30 * MINUTE)
    world.tick()
    world.clock.set(NOW + 5 * HOUR)
    with world.database.writing() as work:
        jobs.update(work, DEFAULT_STORE, job_id, {"every": "2h"})
    assert ledger(world, job_id) == [(NOW, "missed", NOW + 5 * HOUR, 6)]
    assert epoch_or_none(row_of(world, job_id).next_run_at) == NOW + 7 * HOUR
    assert world.broken() == []


def test_a_job_with_a_broken_zone_stops_no_other(world: World) -> None:
    broken, sound = job(world), job(world)
    world.clock.advance(YEAR)
    world.tick()
    world.change(
        row_of(world, broken),
        schedule_type="calendar",
        interval_seconds=None,
        anchor_at=None,
        cron="0 9 * * *",
        timezone="Mars/Olympus",
    )
    world.clock.set(NOW)
    assert world.tick().exit_code == 0
    assert epoch(row_of(world, sound).cursor_at) == NOW
    assert row_of(world, broken).cursor_at == moment(NOW + YEAR)


def test_an_edit_of_the_schedule_accounts_for_what_was_due_under_the_old_one(world: World) -> None:
    job_id = job(world)
    world.tick()
    world.clock.advance(2 * HOUR + 30 * MINUTE)
    with world.database.writing() as work:
        jobs.update(work, DEFAULT_STORE, job_id, {"every": "4h"})
    assert [row[:2] for row in ledger(world, job_id)] == [
        (NOW, "claimed"),
        (NOW + HOUR, "missed"),
        (NOW + 2 * HOUR, "missed"),
    ]
    world.clock.advance(4 * HOUR)
    assert world.tick().claimed == 1
    assert pass_slots(world, job_id) == [NOW, NOW + 6 * HOUR + 30 * MINUTE]
    assert len(world.rows(JobLedgerRow)) == 2 + len(world.rows(JobRun))
    assert world.rows(Job)[0].version == 2
    assert world.broken() == []
