from typing import Any

import pytest

from processor.models import ProviderCircuit, RunAttempt
from processor.services.instants import epoch, epoch_or_none
from tests.integration.agent.provider import answer, words
from tests.integration.llm.fault_server import Answer, FaultServer, error_answer
from tests.world import HOUR, World, call, calls, finishes

DAY = 24 * HOUR


def opening_texts(world: World, run_id: str) -> list[str]:
    """The first message of each attempt."""
    return [attempt.opening for attempt in world.rows(RunAttempt, "attempt", run_id=run_id)]


def until_ready(world: World, task_id: str) -> None:
    """Let time pass until the waiting run may go on."""
    not_before = epoch_or_none(world.run(task_id).not_before)
    assert not_before is not None
    world.clock.set(max(not_before, world.clock.now))


def test_a_run_that_could_not_do_its_task_waits_for_its_next_start(world: World) -> None:
    task_id = world.due_task(retry_delay_seconds=100)
    world.script(finishes("failed", "The board was locked."))

    report = world.tick()

    run = world.run(task_id)
    assert (report.waiting, report.handed_back, report.exit_code) == (1, 0, 0)
    assert (run.state, run.waiting_for, run.attempt) == ("waiting", "retry", 1)
    assert run.not_before is not None
    assert world.clock.now <= epoch(run.not_before) <= world.clock.now + 100
    (attempt,) = world.rows(RunAttempt, run_id=run.id)
    assert (attempt.error_class, attempt.error) == ("task_failed", "The board was locked.")
    assert attempt.finished_at is not None


def test_the_second_attempt_is_told_of_the_first_and_what_it_did(world: World) -> None:
    task_id = world.due_task()
    world.script(calls(call("create_card", title="Half")), finishes("failed", "The other half is missing."))
    world.tick()
    until_ready(world, task_id)
    world.script(finishes(summary="Whole."))

    world.tick()

    run = world.run(task_id)
    assert (run.state, run.output, run.attempt) == ("succeeded", "Whole.", 2)
    first, second = opening_texts(world, run.id)
    assert "Attempt 1" not in first
    assert "Attempt 1 failed (task_failed): The other half is missing." in second
    assert "create_card" in second
    assert "Half" in second
    assert [(turn.attempt, turn.turn) for turn in world.turns(run.id)] == [(1, 1), (1, 2), (2, 3)]


def test_a_new_attempt_begins_a_conversation_of_its_own(world: World, faults: FaultServer) -> None:
    task_id = world.due_task()
    world.set(model="anthropic")
    faults.answers = [answer(call("finish_run", status="failed", summary="No.")), answer(words("Yes."))]
    world.tick()
    until_ready(world, task_id)
    world.tick()

    assert world.run(task_id).state == "succeeded"
    assert [len(request["messages"]) for request in faults.requests] == [1, 1]
    same = ("system", "tools", "model", "output_config")
    assert [faults.requests[0][name] for name in same] == [faults.requests[1][name] for name in same]


def test_a_run_fails_when_all_its_starts_are_used_up(world: World) -> None:
    task_id = world.due_task(max_retries=2)
    world.script(finishes("failed", "Never."))
    states = []
    for _ in range(3):
        world.tick()
        states.append(world.run(task_id).state)
        world.clock.advance(300)

    assert states == ["waiting", "waiting", "failed"]
    run = world.run(task_id)
    assert (run.attempt, run.error_class, run.error, run.output) == (3, "task_failed", "Never.", "Never.")
    assert [attempt.error for attempt in world.rows(RunAttempt, run_id=run.id)] == ["Never."] * 3


def test_without_retries_the_first_failure_is_the_last(world: World) -> None:
    task_id = world.due_task(max_retries=0)
    world.script(finishes("failed", "Never."))

    assert world.tick().failed == 1

    assert world.run(task_id).attempt == 1


def test_while_a_run_waits_its_tasks_next_slot_is_skipped(world: World) -> None:
    task_id = world.due_task(every="20m", retry_delay_seconds=3_600)
    world.script(finishes("failed", "No."))
    world.tick()
    waiting = world.run(task_id)
    world.change(waiting, not_before=world.clock.now + HOUR)
    world.clock.advance(1_200)

    assert world.tick().skipped == 1

    assert world.dispositions(task_id) == ["claimed", "skipped_overlap"]


def test_a_request_that_the_provider_will_never_answer_is_not_sent_again(world: World, faults: FaultServer) -> None:
    task_id = world.due_task()
    world.set(model="anthropic")
    faults.answers = [error_answer(400, "max_tokens is wrong", "invalid_request_error")]

    world.tick()

    run = world.run(task_id)
    assert (run.state, run.error_class, run.attempt) == ("failed", "invalid_request", 1)
    assert "max_tokens is wrong" in str(run.error)
    assert [(each.state, each.cost_nanousd) for each in world.model_calls(run.id)] == [("failed", 0)]


def test_a_long_pause_of_the_provider_makes_the_run_wait_without_spending_an_attempt(
    world: World, faults: FaultServer
) -> None:
    task_id = world.due_task()
    world.set(model="anthropic")
    faults.answers = [error_answer(429, retry_after="900"), answer(words("Hello."))]

    world.tick()

    run = world.run(task_id)
    assert (run.state, run.waiting_for, run.attempt) == ("waiting", "provider", 1)
    assert run.not_before is not None
    assert 900 <= epoch(run.not_before) - world.clock.now <= 902
    assert len(faults.requests) == 1
    until_ready(world, task_id)
    assert world.tick().succeeded == 1
    assert world.run(task_id).attempt == 1


def test_a_passing_fault_within_a_call_is_not_seen_by_the_run(world: World, faults: FaultServer) -> None:
    task_id = world.due_task()
    world.set(model="anthropic")
    faults.answers = [error_answer(429, retry_after_ms="1"), Answer(sends="nothing"), answer(words("Hello."))]

    assert world.tick().succeeded == 1

    (booked,) = world.model_calls(world.run(task_id).id)
    assert (booked.state, booked.tries) == ("answered", 3)


def test_a_refused_key_stops_the_claiming_and_spends_no_attempt(world: World, faults: FaultServer) -> None:
    world.set(model="anthropic", max_concurrency=2)
    ids = [world.due_task() for _ in range(6)]
    faults.answers = [error_answer(401, "invalid x-api-key", "authentication_error")]

    report = world.tick()

    assert report.exit_code == 0
    assert 1 <= len(faults.requests) <= 2
    states = sorted((world.run(each).state, world.run(each).attempt) for each in ids)
    assert states == [("queued", 0)] * 4 + [("waiting", 1)] * 2
    (circuit,) = world.rows(ProviderCircuit)
    assert "check the key" in circuit.reason
    assert "check the key" in str(world.ticks()[0].error)

    faults.answers = [answer(words("Hello."))]
    world.clock.advance(300)
    assert world.tick().succeeded == 6
    assert [world.run(each).attempt for each in ids] == [1] * 6


def test_a_provider_that_answers_again_closes_the_circuit(world: World, faults: FaultServer) -> None:
    world.set(model="anthropic")
    world.due_task()
    faults.answers = [error_answer(401), answer(words("Hello."))]
    world.tick()
    world.clock.advance(300)

    world.tick()

    assert world.rows(ProviderCircuit) == []


@pytest.mark.parametrize("refused", [error_answer(401), error_answer(429, retry_after="900")], ids=["401", "429"])
def test_after_a_day_without_its_provider_a_run_fails(world: World, faults: FaultServer, refused: Any) -> None:
    task_id = world.task(at=world.clock.now)
    world.set(model="anthropic")
    faults.answers = [refused]
    world.tick()
    since = world.run(task_id).waiting_since
    until_ready(world, task_id)
    world.tick()
    assert world.run(task_id).waiting_since == since

    world.clock.advance(DAY)
    world.tick()

    run = world.run(task_id)
    assert (run.state, run.error_class, run.attempt) == ("failed", "provider_unavailable", 1)


def test_an_answer_in_between_begins_the_day_anew(world: World, faults: FaultServer) -> None:
    task_id = world.task(at=world.clock.now)
    world.set(model="anthropic")
    busy = error_answer(429, retry_after="900")
    faults.answers = [busy, answer(call("list_cards")), busy, answer(words("Hello."))]
    world.tick()
    world.clock.advance(DAY - 600)
    world.tick()
    world.clock.advance(DAY - 600)

    assert world.tick().succeeded == 1

    assert world.run(task_id).attempt == 1
