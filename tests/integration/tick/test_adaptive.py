"""Ticks with adaptive tasks: their slots, the ends of their runs, and clocks that go back."""

from typing import Any

import pytest

from processor.models import ScheduleDecision
from processor.services import interventions, proposals, runs
from processor.services.instants import epoch_or_none
from processor.storage import adaptive, slots
from processor.storage.adaptive import DecisionRow
from processor.tick.materialise import _decide_all
from tests.conftest import MONDAY_MORNING, Stores
from tests.integration.adaptive_tasks import newest_proposal
from tests.world import DEFAULT_STORE, HOUR, World, call, calls, finishes

MINUTE = 60


def watch(world: World, store_id: str = DEFAULT_STORE, **fields: Any) -> str:
    """A task that runs every hour, at most every 15 minutes and at least every 8 hours."""
    bounds = {"schedule_type": "adaptive", "min_interval": "15m", "max_interval": "8h"}
    return world.task(store_id, **{"every": "1h", "max_retries": 0} | bounds | fields)


def proposing(after: str, **more: Any) -> dict[str, Any]:
    return calls(call("propose_next_run", after=after, reason="News", **more))


def next_in(world: World, task_id: str) -> int | None:
    """How many seconds after Monday at nine the task runs next."""
    at = epoch_or_none(world.row(task_id).next_run_at)
    return None if at is None else at - MONDAY_MORNING


def latest(world: World, task_id: str) -> DecisionRow:
    with world.database.reading() as work:
        return adaptive.decisions(work, world.row(task_id).store_id, task_id, 1)[0]


def slots_of(world: World, task_id: str) -> list[tuple[int, str]]:
    return [(at - MONDAY_MORNING, disposition) for at, disposition, _, _ in world.ledger(task_id)]


def test_a_run_follows_its_slot_and_its_proposal_makes_the_next(world: World) -> None:
    task_id = watch(world)
    world.script(proposing("3h"), finishes())
    world.clock.advance(HOUR)
    world.tick()
    run = world.run(task_id)
    assert (run.trigger, run.state) == ("adaptive", "succeeded")
    assert (latest(world, task_id).source, latest(world, task_id).run_id) == ("proposal", run.id)
    assert next_in(world, task_id) == 4 * HOUR
    world.clock.advance(3 * HOUR)
    world.tick()
    assert slots_of(world, task_id) == [(HOUR, "claimed"), (4 * HOUR, "claimed")]
    assert [each.source for each in world.rows(ScheduleDecision, "id", task_id=task_id)] == [
        *("baseline", "baseline", "proposal"),
        *("baseline", "proposal"),
    ]
    assert world.broken() == []


def test_a_slot_that_nobody_looked_at_in_time_is_missed_and_the_next_is_decided(world: World) -> None:
    task_id = watch(world, misfire="skip")
    world.clock.advance(30 * HOUR + 5)
    world.tick()
    assert slots_of(world, task_id) == [(HOUR, "missed")]
    assert next_in(world, task_id) == 31 * HOUR
    assert world.broken() == []


def test_a_slot_that_comes_while_a_run_is_open_is_skipped_and_the_next_is_decided(world: World) -> None:
    task_id = watch(world)
    with world.database.writing() as work:
        runs.request(work, DEFAULT_STORE, task_id)
    world.clock.advance(HOUR)
    with world.database.writing() as work:
        record(world, work, task_id)
    assert slots_of(world, task_id) == [(HOUR, "skipped_overlap")]
    assert next_in(world, task_id) == 2 * HOUR


def test_a_slot_that_waits_for_a_run_stays_until_it_is_taken(world: World) -> None:
    task_id = watch(world, overlap="queue")
    with world.database.writing() as work:
        run_id = runs.request(work, DEFAULT_STORE, task_id)["id"]
    world.clock.advance(HOUR)
    with world.database.writing() as work:
        record(world, work, task_id)
    assert (next_in(world, task_id), slots_of(world, task_id)) == (HOUR, [])
    with world.database.writing() as work:
        interventions.cancel(work, DEFAULT_STORE, run_id)
    assert next_in(world, task_id) == HOUR
    world.tick()
    assert slots_of(world, task_id) == [(HOUR, "claimed")]
    assert world.broken() == []


def record(world: World, work: Any, task_id: str) -> slots.Recorded:
    page = slots.due(work, None, task_id=task_id)
    return slots.record(work, _decide_all(page.tasks, world.settings, work.now), page.tasks)


def test_the_end_of_a_cancelled_run_decides_with_what_it_had_proposed(world: World) -> None:
    task_id = watch(world)
    with world.database.writing() as work:
        run_id = runs.request(work, DEFAULT_STORE, task_id)["id"]
        proposals.propose(work, DEFAULT_STORE, task_id, run_id, reason="News", after="2h")
        interventions.cancel(work, DEFAULT_STORE, run_id)
    assert (latest(world, task_id).source, latest(world, task_id).run_id) == ("proposal", run_id)
    assert next_in(world, task_id) == 2 * HOUR


def test_a_failed_run_makes_the_next_wait(world: World) -> None:
    task_id = watch(world)
    world.script(finishes("failed"))
    world.clock.advance(HOUR)
    world.tick()
    assert (latest(world, task_id).source, next_in(world, task_id)) == ("backoff", 3 * HOUR)


def test_a_decision_that_was_overtaken_by_the_end_of_a_run_is_left_to_the_next_tick(world: World) -> None:
    task_id = watch(world)
    world.clock.advance(HOUR)
    with world.database.reading() as work:
        page = slots.due(work, None)
        decisions = _decide_all(page.tasks, world.settings, work.now)
    with world.database.writing() as work:
        work.run("adaptive.set_next", id=task_id, next_run_at=work.now + HOUR)
    with world.database.writing() as work:
        assert slots.record(work, decisions, page.tasks).moved == []
    assert (slots_of(world, task_id), next_in(world, task_id)) == ([], 2 * HOUR)


def test_a_pause_ends_with_a_slot_of_the_baseline(world: World) -> None:
    task_id = watch(world)
    world.change(world.row(task_id), paused_until=MONDAY_MORNING + 90 * MINUTE)
    with world.database.writing() as work:
        adaptive.redecide(work, [task_id])
    world.clock.advance(2 * HOUR)
    world.tick()
    assert slots_of(world, task_id) == [(2 * HOUR, "claimed")]
    assert world.row(task_id).paused_until is None
    assert world.broken() == []


def test_a_clock_that_was_ahead_leaves_a_task_with_a_next_time_of_now(world: World) -> None:
    task_id = watch(world)
    world.script(proposing("3h"), finishes())
    world.clock.advance(365 * 24 * HOUR)
    world.tick()
    world.clock.advance(-365 * 24 * HOUR + 10 * MINUTE)
    world.tick()
    at = next_in(world, task_id)
    assert at is not None
    assert 10 * MINUTE < at <= 8 * HOUR + 10 * MINUTE
    assert world.broken() == []


def test_a_proposal_of_a_stranger_moves_nothing_here(world: World, stores: Stores) -> None:
    mine, theirs = watch(world, stores.mine), watch(world, stores.stranger)
    world.script(proposing("5h"), finishes())
    world.clock.advance(HOUR)
    world.tick(store_id=stores.stranger)
    assert (next_in(world, mine), next_in(world, theirs)) == (HOUR, 6 * HOUR)
    assert newest_proposal(world, theirs).state == "open"


@pytest.mark.parametrize("columns", [{"timezone": "Mars/Base"}, {"cron": "nonsense"}])
def test_a_baseline_that_cannot_be_read_stops_no_other_task(world: World, columns: dict[str, str]) -> None:
    broken, sound = watch(world, every=None, cron="0 * * * *", timezone="Europe/Berlin"), watch(world)
    world.change(world.row(broken), **columns)
    world.script(finishes())
    world.clock.advance(HOUR)
    assert world.tick().succeeded == 1
    assert (slots_of(world, broken), slots_of(world, sound)) == ([], [(HOUR, "claimed")])


def test_a_baseline_that_cannot_be_read_lets_runs_end_and_is_found(world: World) -> None:
    task_id = watch(world, every=None, cron="0 * * * *", timezone="Europe/Berlin")
    with world.database.writing() as work:
        runs.request(work, DEFAULT_STORE, task_id)
    world.change(world.row(task_id), timezone="Mars/Base")
    world.script(proposing("2h"), finishes())
    world.tick()
    assert world.run(task_id).state == "succeeded"
    assert next_in(world, task_id) == HOUR
    for kept in world.rows(ScheduleDecision, task_id=task_id):
        world.change(kept, inputs=kept.inputs.replace("Europe/Berlin", "Mars/Base"))
    assert any("cannot be made again: Unknown time zone 'Mars/Base'" in each for each in world.broken())


def test_a_clock_that_was_ahead_is_set_right_for_all_but_what_cannot_be_read(world: World) -> None:
    broken, sound = watch(world, every=None, cron="0 * * * *", timezone="Europe/Berlin"), watch(world)
    world.script(finishes(), finishes())
    world.clock.advance(5 * HOUR)
    world.tick()
    world.change(world.row(broken), timezone="Mars/Base")
    world.clock.advance(-5 * HOUR)
    assert world.tick().exit_code == 0
    assert next_in(world, sound) == HOUR
