"""Proposals and decisions in the database, from the slot that is taken to the run that ends."""

from typing import Any

import pytest

from processor.models import ScheduleDecision, ScheduleProposal
from processor.rules.schedules.adaptive import Proposal, Result, govern
from processor.rules.schedules.adaptive_inputs import read
from processor.services.instants import epoch_or_none
from processor.storage import adaptive
from tests.conftest import MONDAY_MORNING, Stores
from tests.integration.adaptive_tasks import (
    MINUTE,
    adaptive_task,
    ended_run,
    latest,
    look,
    newest_proposal,
    taken_slot,
)
from tests.world import DEFAULT_STORE, HOUR, World, call, calls, finishes


def next_in(world: World, task_id: str) -> int | None:
    """How many seconds after Monday at nine the task runs next."""
    at = epoch_or_none(world.row(task_id).next_run_at)
    return None if at is None else at - MONDAY_MORNING


def proposed(world: World, task_id: str, run_id: str, after: int, expires_at: int | None = None) -> str:
    proposal = Proposal(adaptive.new_proposal_id(), world.clock.now + after, "News", expires_at)
    with world.database.writing() as work:
        (task,) = adaptive.governed(work, [task_id])
        adaptive.propose(work, task, run_id, proposal, after_seconds=after)
    return proposal.id


def test_what_is_looked_at_is_the_schedule_and_the_beginning_before_any_slot(world: World) -> None:
    found = look(world, adaptive_task(world, fallback="recent"))
    assert found.schedule.describe() == "Adaptive: every hour, at most every 15 minutes and at least every 8 hours"
    assert (found.schedule.fallback, found.facts.last_slot, found.facts.results) == ("recent", MONDAY_MORNING, ())


def test_other_tasks_and_those_without_bounds_are_not_governed(world: World) -> None:
    others = [world.task(), adaptive_task(world, min_interval_seconds=None)]
    with world.database.writing() as work:
        assert adaptive.governed(work, others) == []
        adaptive.run_ended(work, others[0], "00000000-0000-4000-8000-0000000000cc")
    assert world.rows(ScheduleDecision) == []


def test_the_transaction_that_takes_a_slot_decides_the_next_one(world: World) -> None:
    task_id = adaptive_task(world)
    assert taken_slot(world, task_id) == MONDAY_MORNING + HOUR
    assert next_in(world, task_id) == 2 * HOUR
    decision = latest(world, task_id)
    assert (decision.source, decision.next_run_at, decision.run_id) == ("baseline", MONDAY_MORNING + 2 * HOUR, None)
    assert look(world, task_id).facts.last_slot == MONDAY_MORNING + HOUR


def test_a_proposal_is_followed_at_the_end_of_its_run_and_used_when_its_slot_is_taken(world: World) -> None:
    task_id = adaptive_task(world)
    proposed(world, task_id, ended_run(world, task_id), 3 * HOUR)
    run_id = ended_run(world, task_id)
    assert next_in(world, task_id) == 3 * HOUR
    decision = latest(world, task_id)
    assert (decision.source, decision.run_id) == ("proposal", run_id)
    assert newest_proposal(world, task_id).state == "open"
    taken_slot(world, task_id)
    assert newest_proposal(world, task_id).state == "used"
    assert next_in(world, task_id) == 4 * HOUR
    assert latest(world, task_id).source == "baseline"


def test_one_at_the_edge_of_the_bounds_was_clamped(world: World) -> None:
    task_id = adaptive_task(world)
    proposed(world, task_id, ended_run(world, task_id), 5 * MINUTE)
    ended_run(world, task_id)
    assert next_in(world, task_id) == 15 * MINUTE
    taken_slot(world, task_id)
    assert newest_proposal(world, task_id).state == "clamped"


def test_one_that_ran_out_is_not_looked_at_again(world: World) -> None:
    task_id = adaptive_task(world)
    proposed(world, task_id, ended_run(world, task_id), 3 * HOUR, expires_at=MONDAY_MORNING + 4 * HOUR)
    world.clock.advance(30 * MINUTE)
    with world.database.writing() as work:
        work.run("adaptive.replace", store_id=DEFAULT_STORE, task_id=task_id, now=work.now)
    proposed(world, task_id, ended_run(world, task_id), MINUTE, expires_at=MONDAY_MORNING)
    ended_run(world, task_id)
    assert [each.state for each in world.rows(ScheduleProposal, "proposed_at")] == ["replaced", "expired"]
    assert (latest(world, task_id).source, next_in(world, task_id)) == ("expired", HOUR)
    assert look(world, task_id).facts.proposal is None


def test_a_newer_proposal_takes_the_place_of_the_one_before(world: World) -> None:
    task_id = adaptive_task(world)
    run_id = ended_run(world, task_id)
    first, second = (proposed(world, task_id, run_id, hours * HOUR) for hours in (2, 3))
    states = {each.id: each.state for each in world.rows(ScheduleProposal)}
    assert states == {first: "replaced", second: "open"}


def test_a_slot_that_falls_due_while_the_run_goes_on_stays_and_its_proposal_waits(world: World) -> None:
    task_id = adaptive_task(world)
    run_id = ended_run(world, task_id)
    proposed(world, task_id, run_id, 3 * HOUR)
    world.clock.advance(HOUR)
    ended_run(world, task_id)
    assert next_in(world, task_id) == HOUR
    taken_slot(world, task_id)
    assert newest_proposal(world, task_id).state == "open"
    assert (latest(world, task_id).source, next_in(world, task_id)) == ("proposal", 3 * HOUR)


def test_a_proposal_whose_slot_is_to_come_outlasts_a_slot_that_was_taken_late(world: World) -> None:
    task_id = adaptive_task(world)
    proposed(world, task_id, ended_run(world, task_id), 3 * HOUR)
    ended_run(world, task_id)
    with world.database.writing() as work:
        adaptive.slot_taken(work, [task_id])
    assert newest_proposal(world, task_id).state == "open"
    assert next_in(world, task_id) == 3 * HOUR


def test_a_task_that_was_made_while_the_clock_was_ahead_counts_from_now(world: World) -> None:
    task_id = adaptive_task(world)
    world.clock.advance(-365 * 24 * HOUR)
    assert look(world, task_id).facts.last_slot == world.clock.now


def test_failures_back_off_and_a_success_ends_that(world: World) -> None:
    task_id = adaptive_task(world)
    waits = []
    for state in ("failed", "cancelled", "failed", "succeeded"):
        world.clock.advance(MINUTE)
        ended_run(world, task_id, state)
        waits.append((latest(world, task_id).source, next_in(world, task_id)))
    assert waits == [
        ("backoff", 2 * HOUR),
        ("backoff", 2 * HOUR),
        ("backoff", 4 * HOUR),
        ("baseline", HOUR),
    ]


def test_results_are_what_the_agents_said_when_they_finished(world: World) -> None:
    task_id = world.due_task(max_retries=0)
    said = [
        finishes(),
        finishes("nothing_to_do"),
        finishes("failed"),
        calls(call("finish_run", status="nothing_to_do")),
    ]
    for answer in said:
        world.script(answer, finishes())
        world.tick()
        world.clock.advance(HOUR)
    with world.database.reading() as work:
        results = adaptive.recent_results(work, task_id)
    assert results == (Result.DONE, Result.NOTHING_TO_DO, Result.FAILED, Result.DONE)


def test_only_the_latest_results_are_looked_at(world: World) -> None:
    task_id = adaptive_task(world)
    for _ in range(22):
        world.clock.advance(1)
        ended_run(world, task_id)
    assert len(look(world, task_id).facts.results) == 20


def test_a_disabled_task_has_no_next_time_and_gets_one_with_the_next_decision(world: World) -> None:
    task_id = adaptive_task(world)
    world.change(world.row(task_id), enabled=False, next_run_at=None)
    ended_run(world, task_id)
    assert next_in(world, task_id) is None
    world.change(world.row(task_id), enabled=True)
    ended_run(world, task_id)
    assert next_in(world, task_id) == HOUR


def test_a_pause_is_named(world: World) -> None:
    task_id = adaptive_task(world)
    world.change(world.row(task_id), paused_until=MONDAY_MORNING + 90 * MINUTE)
    ended_run(world, task_id)
    assert (latest(world, task_id).source, next_in(world, task_id)) == ("paused", 2 * HOUR)


def test_each_decision_can_be_made_again_from_what_is_stored_and_is_said_in_the_zone_of_its_task(world: World) -> None:
    columns: dict[str, Any] = {
        "interval_seconds": None,
        "anchor_at": None,
        "cron": "0 9 * * *",
        "timezone": "Europe/Berlin",
    }
    task_id = adaptive_task(world, **columns)
    for state in ("succeeded", "failed"):
        proposed(world, task_id, ended_run(world, task_id, state), 2 * HOUR)
        ended_run(world, task_id)
        taken_slot(world, task_id)
    kept = world.rows(ScheduleDecision, "id", task_id=task_id)
    assert len(kept) > 6
    for decision in kept:
        again = govern(*read(decision.inputs))
        assert (again.next_run_at, again.source) == (epoch_or_none(decision.next_run_at), decision.source)
        assert decision.said.startswith("Next at 2026-11-")
        assert "Europe/Berlin" in decision.said


@pytest.mark.parametrize("gone", ["task", "stranger"])
def test_a_tasks_proposals_and_decisions_go_with_it_and_are_no_strangers_business(
    world: World, stores: Stores, gone: str
) -> None:
    task_id = adaptive_task(world, stores.mine)
    proposed(world, task_id, ended_run(world, task_id), HOUR)
    if gone == "task":
        with world.database.writing() as work:
            work.run("tasks.delete", store_id=stores.mine, id=task_id)
        assert (world.rows(ScheduleProposal), world.rows(ScheduleDecision)) == ([], [])
    with world.database.reading() as work:
        assert adaptive.proposals(work, stores.stranger, task_id, 9) == []
        assert adaptive.decisions(work, stores.stranger, task_id, 9) == []
        assert adaptive.current_proposal(work, stores.stranger, task_id) is None
