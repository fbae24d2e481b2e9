"""Slots of jobs that have a clock of their own, on both databases: each is accounted for once."""

import json
from typing import Any

import pytest

from processor.models import Event, JobLedgerRow, JobRun, JobRunStep, Run, Task
from processor.rules.disposition import Disposition, LedgerEntry
from processor.rules.instants import iso
from processor.services.instants import epoch, epoch_or_none, moment
from processor.storage import job_slots, passes
from processor.tick.materialise_jobs import preview_jobs
from tests.conftest import Stores
from tests.dump import everything
from tests.integration.tick.clocked_jobs import DAY, MINUTE, NOW, job, ledger, pass_slots, row_of
from tests.integration.tick.materialising import materialised
from tests.world import DEFAULT_STORE, HOUR, World


def test_a_due_slot_becomes_a_ledger_row_a_pass_its_first_run_and_a_moved_cursor(world: World) -> None:
    job_id = job(world)
    world.clock.advance(30)
    assert materialised(world) == {"due": 1, "claimed": 1, "missed": 0, "skipped": 0}
    (row,) = world.rows(JobLedgerRow, job_id=job_id)
    (begun,) = world.rows(JobRun, job_id=job_id)
    (run,) = world.rows(Run)
    assert (epoch(row.scheduled_time), row.disposition, row.job_run_id) == (NOW, "claimed", begun.id)
    assert (begun.trigger, epoch_or_none(begun.scheduled_time), begun.state) == ("schedule", NOW, "running")
    assert (run.job_run_id, run.trigger, run.scheduled_time, run.state) == (begun.id, "job", None, "queued")
    moved = row_of(world, job_id)
    assert (epoch(moved.cursor_at), epoch_or_none(moved.next_run_at)) == (NOW + 30, NOW + HOUR)
    assert moved.status == "in_progress"
    assert materialised(world)["due"] == 0
    assert world.broken() == []


def test_a_tick_runs_the_whole_pass_and_reports_it(world: World) -> None:
    job_id = job(world, 5)
    report = world.tick()
    assert (report.due, report.claimed, report.succeeded) == (1, 1, 5)
    assert row_of(world, job_id).status == "completed"
    world.clock.advance(HOUR)
    assert world.tick().succeeded == 5
    assert pass_slots(world, job_id) == [NOW, NOW + HOUR]


def test_a_slot_that_falls_due_while_a_pass_runs_is_skipped(world: World) -> None:
    job_id = job(world)
    world.tick(max_runs=1)
    world.clock.advance(HOUR)
    assert materialised(world) == {"due": 1, "claimed": 0, "missed": 0, "skipped": 1}
    assert ledger(world, job_id) == [(NOW, "claimed", None, 1), (NOW + HOUR, "skipped_overlap", None, 1)]
    world.tick()
    world.clock.advance(HOUR)
    world.tick()
    assert pass_slots(world, job_id) == [NOW, NOW + 2 * HOUR]


def test_a_pass_by_hand_is_in_the_way_too(world: World) -> None:
    job_id = job(world)
    with world.database.writing() as work:
        passes.begin(work, DEFAULT_STORE, job_id, trigger="manual")
    assert materialised(world)["skipped"] == 1
    assert pass_slots(world, job_id) == [None]


@pytest.mark.parametrize(("misfire", "claimed", "missed"), [("skip", 0, 25), ("latest", 1, 24), ("all", 1, 24)])
def test_after_an_outage_of_a_day_the_stores_policy_decides(
    world: World, misfire: str, claimed: int, missed: int
) -> None:
    job_id = job(world)
    with world.database.writing() as work:
        work.session.connection().exec_driver_sql(f"UPDATE stores SET misfire = '{misfire}'")
    world.clock.advance(DAY + 30 * MINUTE)
    counts = materialised(world)
    assert (counts["claimed"], counts["missed"]) == (claimed, missed)
    assert pass_slots(world, job_id) == [NOW + DAY] * claimed
    assert sum(count for _, _, _, count in ledger(world, job_id)) == 25
    world.tick()
    world.clock.set(NOW + DAY + HOUR)
    assert world.tick().claimed == 1
    assert pass_slots(world, job_id)[-1] == NOW + DAY + HOUR


def test_a_long_outage_is_one_row(world: World) -> None:
    job_id = job(world)
    world.clock.advance(60 * DAY + 30 * MINUTE)
    materialised(world)
    assert ledger(world, job_id) == [(NOW, "missed", NOW + 60 * DAY, 60 * 24 + 1)]


def test_of_several_slots_on_time_the_newest_runs(world: World) -> None:
    job_id = job(world, schedule_type="interval", interval_seconds=2 * MINUTE, anchor_at=moment(NOW))
    world.clock.advance(5 * MINUTE)
    assert materialised(world) == {"due": 1, "claimed": 1, "missed": 0, "skipped": 2}
    assert pass_slots(world, job_id) == [NOW + 4 * MINUTE]


def test_a_job_for_once_runs_once_however_late(world: World) -> None:
    job_id = job(world, schedule_type="once", once_at=moment(NOW))
    world.clock.advance(5 * HOUR)
    assert world.tick().claimed == 1
    assert row_of(world, job_id).next_run_at is None
    world.clock.advance(DAY)
    assert world.tick().due == 0
    assert pass_slots(world, job_id) == [NOW]


def test_a_calendar_follows_its_zone_through_the_end_of_summer_time(world: World) -> None:
    first = NOW - 22 * DAY - 8 * HOUR - 30 * MINUTE  # 2026-10-25 02:30 in Berlin, in the hour that comes twice
    world.clock.set(first - HOUR)
    nightly: dict[str, Any] = {"schedule_type": "calendar", "cron": "30 2 * * *", "timezone": "Europe/Berlin"}
    job_id = job(world, **nightly, next_run_at=moment(first))
    for seconds in (HOUR, HOUR, 24 * HOUR):
        world.clock.advance(seconds)
        world.tick()
    assert pass_slots(world, job_id) == [first, first + 25 * HOUR]
    assert [row[1] for row in ledger(world, job_id)] == ["claimed", "claimed"]


def test_a_job_whose_tasks_are_disabled_has_a_pass_that_succeeds_at_once(world: World) -> None:
    job_id = job(world, 1)
    (task,) = world.rows(Task, job_id=job_id)
    world.change(task, enabled=False)
    assert world.tick().claimed == 1
    (begun,) = world.rows(JobRun, job_id=job_id)
    (step,) = world.rows(JobRunStep, job_run_id=begun.id)
    assert (begun.state, step.skip_reason, row_of(world, job_id).status) == ("succeeded", "disabled", "completed")


def test_a_job_without_a_sequential_task_has_its_slot_accounted_for(world: World) -> None:
    job_id = job(world, 0)
    assert world.tick().claimed == 1
    (begun,) = world.rows(JobRun, job_id=job_id)
    assert (begun.state, world.rows(JobRunStep, job_run_id=begun.id)) == ("succeeded", [])
    assert [row[1] for row in ledger(world, job_id)] == ["claimed"]


def test_a_slot_that_ran_while_the_clock_was_ahead_does_not_run_again(world: World) -> None:
    job_id = job(world)
    world.tick()
    world.change(row_of(world, job_id), cursor_at=moment(NOW - 1), next_run_at=moment(NOW))
    assert materialised(world) == {"due": 1, "claimed": 0, "missed": 0, "skipped": 0}
    assert pass_slots(world, job_id) == [NOW]


def test_a_range_leaves_out_a_slot_that_is_claimed(world: World) -> None:
    job_id = job(world)
    world.tick()
    ahead = NOW + 10 * HOUR
    with world.database.writing() as work:
        (claimed,) = work.run("job_slots.standing", ids=json.dumps([job_id])).mappings()
        job_slots.enter(work, job_id, DEFAULT_STORE, [LedgerEntry(ahead, Disposition.CLAIMED)])
        schedule = job_slots.schedule_of(claimed)
        entry = LedgerEntry(NOW + HOUR, Disposition.MISSED, NOW + 20 * HOUR, 20)
        job_slots.enter(work, job_id, DEFAULT_STORE, [entry], schedule)
    assert ledger(world, job_id) == [
        (NOW, "claimed", None, 1),
        (NOW + HOUR, "missed", NOW + 9 * HOUR, 9),
        (ahead, "claimed", None, 1),
        (NOW + 11 * HOUR, "missed", NOW + 20 * HOUR, 10),
    ]


def test_a_broken_zone_stops_no_other_job(world: World, stores: Stores) -> None:
    daily: dict[str, Any] = {"schedule_type": "calendar", "cron": "0 9 * * *"}
    broken = job(world, store_id=stores.stranger, **daily, timezone="Mars/Olympus")
    sound = job(world, store_id=stores.mine, **daily, timezone="UTC")
    report = world.tick()
    assert (report.exit_code, report.claimed, report.succeeded) == (0, 1, 2)
    assert (pass_slots(world, sound), ledger(world, broken)) == ([NOW], [])
    assert epoch_or_none(row_of(world, broken).next_run_at) == NOW


def test_one_store_at_a_time_leaves_the_others_alone(world: World, stores: Stores) -> None:
    mine, stranger = job(world, store_id=stores.mine), job(world, store_id=stores.stranger)
    assert materialised(world, stores.mine)["claimed"] == 1
    assert (pass_slots(world, mine), pass_slots(world, stranger)) == ([NOW], [])


@pytest.mark.parametrize("page", [1, 2, 3])
def test_page_by_page_nothing_is_left_out(world: World, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr(job_slots, "PAGE", page)
    ids = [job(world, 1) for _ in range(5)]
    assert materialised(world) == {"due": 5, "claimed": 5, "missed": 0, "skipped": 0}
    assert [pass_slots(world, job_id) for job_id in ids] == [[NOW]] * 5


def test_a_job_that_the_database_refuses_is_left_as_it_was_and_stops_no_other(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    refused, sound = job(world, 0), job(world, 1)
    with world.database.writing() as work:
        stray = passes.begin(work, DEFAULT_STORE, refused, trigger="schedule", scheduled_time=NOW)
    before = row_of(world, refused)
    assert materialised(world)["claimed"] == 1  # the other slot has a pass that no row of the ledger tells of
    assert (ledger(world, refused), row_of(world, refused), pass_slots(world, sound)) == ([], before, [NOW])
    said = capsys.readouterr()
    assert "job.refused" in said.out + said.err
    assert refused in said.out + said.err
    world.change(world.rows(JobRun, id=stray)[0], scheduled_time=None)
    assert materialised(world)["claimed"] == 1
    assert pass_slots(world, refused) == [None, NOW]


def test_slots_of_a_job_that_do_not_run_are_told(world: World) -> None:
    job_id = job(world, 0)
    world.clock.advance(DAY)
    materialised(world)

    told = [json.loads(each.payload) for each in world.rows(Event, name="slot.missed", subject_id=job_id)]
    assert told == [{"job_id": job_id, "slots": 24, "first": iso(NOW), "last": iso(NOW + 23 * HOUR)}]


def test_without_a_key_no_slot_of_a_job_is_claimed(world: World) -> None:
    job_id = job(world)
    world.set(model="anthropic")
    report = world.tick()
    assert (report.exit_code, report.claimed) == (78, 0)
    assert (ledger(world, job_id), epoch_or_none(row_of(world, job_id).next_run_at)) == ([], NOW)


def test_a_preview_says_what_would_begin_and_writes_nothing(world: World) -> None:
    job_id, before = job(world), everything(world.database)
    world.clock.advance(60)
    with world.database.reading() as work:
        ((planned, decision),) = preview_jobs(work, world.settings, None)
    (entry,) = decision.entries
    assert (planned["id"], entry.scheduled_time, entry.disposition) == (job_id, NOW, Disposition.CLAIMED)
    assert everything(world.database) == before
