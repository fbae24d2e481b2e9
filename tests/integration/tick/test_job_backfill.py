"""Slots of jobs for which no pass began get theirs after all, one after the other, on both databases."""

import asyncio
import math
from typing import Any

import pytest

from processor.context import TickContext
from processor.errors import Conflict, InvalidInput, NotFound
from processor.models import JobRun, Run
from processor.rules.disposition import LONGEST_LIST
from processor.services import backfill, jobs
from processor.services.instants import moment
from processor.tick.backfill import BackfillReport, run_backfill
from tests.conftest import Stores
from tests.dump import everything
from tests.integration.tick.clocked_jobs import HOURLY, MINUTE, NOW, job, ledger, pass_slots, row_of
from tests.integration.tick.materialising import materialised
from tests.world import DEFAULT_STORE, HOUR, World, finishes, says


def planned(world: World, job_id: str, from_at: int = NOW, until_at: int = NOW + 9 * HOUR, **options: Any) -> Any:
    with world.database.reading() as work:
        return backfill.plan_job_range(work, job_id, from_at, until_at, **options)


def backfilled(world: World, plan: backfill.Plan, context: TickContext | None = None, **options: Any) -> BackfillReport:
    return asyncio.run(run_backfill(world.database, world.settings, plan, context or TickContext(math.inf), **options))


def dispositions(world: World, job_id: str) -> list[str]:
    return [row[1] for row in ledger(world, job_id)]


def states(world: World, job_id: str) -> list[str]:
    return [each.state for each in world.rows(JobRun, "number", job_id=job_id)]


@pytest.fixture
def missed(world: World) -> str:
    """A job of two tasks with four missed slots, and the next one in half an hour."""
    job_id = job(world)
    world.clock.advance(3 * HOUR + 30 * MINUTE)
    materialised(world)
    assert dispositions(world, job_id) == ["missed"] * 4
    return job_id


def test_each_slot_gets_a_whole_pass_one_after_the_other_and_the_schedule_stays(world: World, missed: str) -> None:
    before = row_of(world, missed)
    told: list[str] = []

    def listen(event: str, /, **_: object) -> None:
        told.append(event)

    report = backfilled(world, planned(world, missed, NOW, NOW + 2 * HOUR), TickContext(math.inf, listen))

    assert (report.ran.claimed, report.ran.succeeded, report.left, report.ran.exit_code) == (3, 6, 0, 0)
    assert (pass_slots(world, missed), states(world, missed)) == ([NOW, NOW + HOUR, NOW + 2 * HOUR], ["succeeded"] * 3)
    assert {each.trigger for each in world.rows(JobRun)} == {"schedule"}
    assert [event for event in told if event in {"run.succeeded", "slot.backfilled"}] == [
        *("run.succeeded", "run.succeeded", "slot.backfilled") * 3
    ]
    after = row_of(world, missed)
    assert (after.cursor_at, after.anchor_at, after.next_run_at) == (
        before.cursor_at,
        before.anchor_at,
        before.next_run_at,
    )
    assert dispositions(world, missed) == ["claimed"] * 3 + ["missed"]
    assert world.broken() == []


def test_the_same_range_again_creates_nothing(world: World, missed: str) -> None:
    backfilled(world, planned(world, missed))
    again = planned(world, missed)
    assert (again.slot_count, backfilled(world, again).ran.claimed, len(pass_slots(world, missed))) == (0, 0, 4)


def test_the_newest_slot_goes_first_if_asked(world: World, missed: str) -> None:
    backfilled(world, planned(world, missed, NOW, NOW + 2 * HOUR), newest_first=True)
    assert pass_slots(world, missed) == [NOW + 2 * HOUR, NOW + HOUR, NOW]


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_range_row_gives_away_its_slots_and_keeps_the_others(world: World, *, newest_first: bool) -> None:
    job_id = job(world, 1, **HOURLY | {"interval_seconds": MINUTE, "anchor_at": moment(NOW)})
    minutes = LONGEST_LIST + 500
    world.clock.advance(minutes * MINUTE)
    world.tick()
    ((first, _, until, count), *_) = ledger(world, job_id)
    assert (first, count > LONGEST_LIST) == (NOW, True)

    plan = planned(world, job_id, NOW + 3 * MINUTE, NOW + 5 * MINUTE + 59)
    report = backfilled(world, plan, newest_first=newest_first)

    assert (plan.slot_count, report.ran.claimed, report.left) == (3, 3, 0)
    assert ledger(world, job_id)[:5] == [
        (NOW, "missed", NOW + 2 * MINUTE, 3),
        *((NOW + minute * MINUTE, "claimed", None, 1) for minute in (3, 4, 5)),
        (NOW + 6 * MINUTE, "missed", until, count - 6),
    ]
    assert world.broken() == []


def test_a_pass_that_fails_stops_no_other(world: World, missed: str) -> None:
    world.script(finishes("failed"))
    report = backfilled(world, planned(world, missed))
    assert (report.ran.claimed, report.ran.failed, report.left) == (4, 4, 0)
    assert states(world, missed) == ["failed"] * 4
    assert row_of(world, missed).status == "failed"
    assert world.broken() == []


def test_a_slot_that_was_skipped_beside_a_pass_runs_too(world: World) -> None:
    job_id = job(world)
    world.tick(max_runs=1)
    world.clock.advance(HOUR)
    world.tick()
    assert dispositions(world, job_id) == ["claimed", "skipped_overlap"]
    with world.database.reading() as work:
        assert backfill.plan_missed(work).slot_count == 0, "it was skipped, not missed"

    assert backfilled(world, planned(world, job_id)).ran.claimed == 1

    assert pass_slots(world, job_id) == [NOW, NOW + HOUR]
    assert world.broken() == []


def test_a_slot_of_the_jobs_own_that_is_due_goes_before_the_rest(world: World, missed: str) -> None:
    plan = planned(world, missed, NOW, NOW + HOUR)
    world.clock.advance(30 * MINUTE)

    report = backfilled(world, plan)

    assert (report.ran.claimed, report.ran.succeeded) == (2, 6)
    assert pass_slots(world, missed) == [NOW + 4 * HOUR, NOW, NOW + HOUR]
    assert world.broken() == []


def test_a_pass_under_way_is_taken_on_first(world: World, missed: str) -> None:
    with world.database.writing() as work:
        jobs.start(work, DEFAULT_STORE, missed, 2)

    report = backfilled(world, planned(world, missed, NOW, NOW))

    assert (report.ran.claimed, report.ran.succeeded) == (1, 3)
    assert (pass_slots(world, missed), states(world, missed)) == ([None, NOW], ["succeeded"] * 2)
    assert world.broken() == []


def test_a_step_that_waits_for_long_leaves_its_job_alone(world: World, missed: str) -> None:
    other = job(world)
    world.clock.advance(30 * MINUTE)
    with world.database.writing() as work:
        jobs.start(work, DEFAULT_STORE, missed)
    (run,) = world.rows(Run)
    waiting = {"waiting_for": "approval", "waiting_since": moment(NOW), "attempt": 1, "started_at": moment(NOW)}
    world.change(run, state="waiting", **waiting)
    materialised(world)
    with world.database.reading() as work:
        plan = backfill.plan_missed(work)

    report = backfilled(world, plan)

    assert (report.ran.claimed, report.left) == (1, 4)
    (obstacle,) = report.obstacles
    assert obstacle == f"Job 'Job' is left alone, because run {run.id} waits for approval"
    assert len(pass_slots(world, other)) == 1


def test_a_backfill_that_is_stopped_hands_its_run_back_and_goes_on_later(world: World, missed: str) -> None:
    world.script(says("Working on it.", stop_reason="pause_turn"), finishes())
    context = TickContext(math.inf)

    def stop(event: str, /, **_: object) -> None:
        if event == "turn.recorded":
            context.stop("SIGTERM")

    context.listener = stop

    report = backfilled(world, planned(world, missed), context)
    assert (report.ran.exit_code, report.ran.handed_back, report.left) == (143, 1, 3)

    report = backfilled(world, planned(world, missed))
    assert (report.ran.succeeded, report.ran.claimed, report.left) == (8, 3, 0)
    assert pass_slots(world, missed) == [NOW + hour * HOUR for hour in range(4)]
    assert world.broken() == []


def test_two_at_once_begin_each_pass_once(world: World, missed: str) -> None:
    plan = planned(world, missed)

    async def twice() -> list[BackfillReport]:
        both = (run_backfill(world.database, world.settings, plan, TickContext(math.inf)) for _ in range(2))
        return await asyncio.gather(*both)

    reports = asyncio.run(twice())

    assert sum(each.ran.claimed for each in reports) == 4
    assert (states(world, missed), [each.left for each in reports]) == (["succeeded"] * 4, [0, 0])
    assert len(world.rows(Run)) == 8
    assert world.broken() == []


def test_what_tasks_and_jobs_missed_is_one_plan_of_the_stores_that_are_asked_for(world: World, stores: Stores) -> None:
    mine, strange, task_id = job(world), job(world, 2, stores.stranger), world.due_task()
    world.clock.advance(HOUR + 30 * MINUTE)
    materialised(world)
    with world.database.reading() as work:
        everybodys = backfill.plan_missed(work)
        plan = backfill.plan_missed(work, store_id=DEFAULT_STORE)
    assert {each.id for each in everybodys.jobs} == {mine, strange}
    assert ([each.id for each in plan.tasks], [each.id for each in plan.jobs]) == ([task_id], [mine])
    with pytest.raises(NotFound):
        planned(world, strange, store_id=DEFAULT_STORE)

    report = backfilled(world, plan)

    assert (report.ran.claimed, report.ran.succeeded, report.left) == (4, 6, 0)
    assert dispositions(world, strange) == ["missed"] * 2
    assert world.broken() == []


def test_a_job_whose_pass_would_run_nothing_is_refused_or_left_out(world: World) -> None:
    job_id = job(world, 0)
    world.clock.advance(HOUR)
    materialised(world)
    before = everything(world.database)

    with pytest.raises(Conflict, match="has no task that would run in a pass"):
        planned(world, job_id)
    with world.database.reading() as work:
        assert backfill.plan_missed(work).parts == []
    assert everything(world.database) == before


def test_a_range_from_before_the_job_was_made_is_refused(world: World, missed: str) -> None:
    world.change(row_of(world, missed), anchor_at=moment(NOW - 9 * HOUR))
    with pytest.raises(InvalidInput, match="The job was made at"):
        planned(world, missed, NOW - HOUR)


def test_what_passes_may_cost_is_told_by_whole_ones(world: World, missed: str) -> None:
    assert planned(world, missed).estimated_usd is None
    backfilled(world, planned(world, missed, NOW, NOW + HOUR))
    for run, cost in zip(world.rows(Run, "queued_at"), (1, 2, 3, 4), strict=True):
        world.change(run, cost_nanousd=cost * 10**9)
    with world.database.writing() as work:
        jobs.start(work, DEFAULT_STORE, missed, 2)
    world.tick()

    assert planned(world, missed).estimated_usd == 2 * 5.0
