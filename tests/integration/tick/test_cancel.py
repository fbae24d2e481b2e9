"""A run that somebody cancels: at once where nobody works on it, else before its worker's next call or tool."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from processor.agent import endings
from processor.agent.outcome import Failed
from processor.context import TickContext
from processor.errors import Conflict, NotFound
from processor.models import Run, RunAttempt
from processor.rules.run_state import ErrorClass
from processor.services import interventions
from processor.services.runs import RunView
from tests.conftest import Stores
from tests.dump import everything
from tests.integration.tick.gone_worker import GoneWorker
from tests.world import DEFAULT_STORE, HOUR, World, call, calls, finishes, says


def cancel(world: World, run_id: str, store_id: str = DEFAULT_STORE) -> RunView:
    with world.database.writing() as work:
        return interventions.cancel(work, store_id, run_id)


def cancelling_at(world: World, event: str) -> TickContext:
    """A tick in which somebody cancels the run that the event is about."""

    def listen(heard: str, /, **fields: object) -> None:
        if heard == event:
            cancel(world, str(fields["run_id"]))

    return TickContext(240, listen)


def queued_run(world: World, **fields: Any) -> str:
    task_id = world.due_task(**fields)
    world.tick(max_runs=0)
    return task_id


def test_a_queued_run_is_cancelled_at_once(world: World) -> None:
    task_id = queued_run(world)

    shown = cancel(world, world.run(task_id).id)

    assert (shown["state"], shown["started_at"], shown["error_class"]) == ("cancelled", None, None)
    assert shown["finished_at"] is not None
    assert shown["finished_at"] == shown["cancel_requested_at"]
    assert world.tick().runs == []
    assert (world.run(task_id).attempt, world.row(task_id).last_run_at) == (0, None)
    assert world.broken() == []


def test_a_waiting_run_is_cancelled_at_once_and_its_attempt_is_closed(world: World) -> None:
    task_id = world.due_task()
    world.script({"error": "ModelUnavailable", "message": "the provider sleeps"})
    assert world.tick().waiting == 1

    cancel(world, world.run(task_id).id)

    run = world.run(task_id)
    assert (run.state, run.waiting_for, run.not_before, run.attempt) == ("cancelled", None, None, 1)
    assert [attempt.finished_at for attempt in world.rows(RunAttempt, run_id=run.id)] == [run.finished_at]
    world.clock.advance(HOUR - 1)
    assert world.tick().runs == []
    assert world.broken() == []


def test_a_slot_that_waited_for_a_cancelled_run_goes_next(world: World) -> None:
    task_id = world.due_task(overlap="queue", max_retries=1)
    world.script({"error": "ModelUnavailable", "message": "later", "retry_after_seconds": 3 * HOUR})
    world.tick()
    world.clock.advance(HOUR)
    world.tick()
    assert world.row(task_id).held

    cancel(world, world.run(task_id).id)
    world.script(says("Done"))

    assert world.tick().succeeded == 1
    assert [run.state for run in world.runs(task_id)] == ["cancelled", "succeeded"]
    assert world.broken() == []


def test_a_running_run_leaves_before_its_next_tool_and_its_paid_answer_is_kept(world: World) -> None:
    task_id = world.due_task()
    usage = {"input_tokens": 100, "output_tokens": 7}
    world.script(calls(call("create_card", title="Never"), call("list_cards"), usage=usage), finishes())

    report = world.tick(cancelling_at(world, "run.started"))

    assert (report.succeeded, report.failed, report.waiting, report.exit_code) == (0, 0, 0, 0)
    run = world.run(task_id)
    assert (run.state, run.error_class, run.turns, run.tool_calls) == ("cancelled", None, 1, 2)
    assert (run.input_tokens, run.output_tokens) == (100, 7)
    assert [each.state for each in world.model_calls(run.id)] == ["answered"]
    assert [each.state for each in world.tool_calls(run.id)] == ["denied", "denied"]
    assert "cancelled" in str(world.turns(run.id)[0].reply)
    assert world.titles() == []
    assert world.row(task_id).last_run_at == run.started_at
    assert world.broken() == []


def test_a_call_that_was_under_way_is_the_last_one(world: World) -> None:
    task_id = world.due_task()
    world.script(calls(call("create_card", title="One")), calls(call("create_card", title="Two")), finishes())

    world.tick(cancelling_at(world, "turn.recorded"))

    run = world.run(task_id)
    assert (run.state, run.turns) == ("cancelled", 2)
    assert world.titles() == ["One"]
    assert world.broken() == []


def test_a_run_with_a_cancel_request_never_ends_as_anything_else(world: World) -> None:
    task_id = world.due_task()
    world.script(says("All is done."))

    world.tick(cancelling_at(world, "run.started"))

    assert world.run(task_id).state == "cancelled"
    assert world.turns(world.run(task_id).id)[0].stop_reason == "end_turn"


LEAVINGS: dict[str, endings.WriteEnding] = {
    "handed back": endings.handed_back(),
    "a failure that is retried": endings.failed(Failed(ErrorClass.TASK_FAILED, "no"), 0.5),
    "a failure for good": endings.failed(Failed(ErrorClass.REFUSAL, "no"), 0.5),
    "a busy provider": endings.provider_unavailable("busy", 9),
    "a refused key": endings.provider_refused("bad key"),
}


@pytest.mark.parametrize("leaving", LEAVINGS)
def test_whatever_a_cancelled_run_leaves_the_loop_for_it_is_cancelled(world: World, leaving: str) -> None:
    task_id = queued_run(world)
    gone = GoneWorker(world)
    cancel(world, gone.claim.run_id)

    state = world.database.write(endings.leave, LEAVINGS[leaving], gone.claim, 5, gone.log)

    assert state == world.run(task_id).state == "cancelled"
    assert world.broken() == []


def test_a_call_that_was_not_made_yet_is_withdrawn(world: World) -> None:
    task_id = world.due_task()
    contexts: list[TickContext] = []

    def listen(event: str, /, **fields: object) -> None:
        if event == "run.started":
            cancel(world, str(fields["run_id"]))
            contexts[0].stop("SIGTERM")

    contexts.append(TickContext(240, listen))
    world.tick(contexts[0])

    run = world.run(task_id)
    assert (run.state, run.turns, world.model_calls(run.id)) == ("cancelled", 0, [])
    assert world.broken() == []


def test_a_silent_workers_run_is_cancelled_without_another_call(world: World) -> None:
    task_id = queued_run(world)
    gone = GoneWorker(world)
    gone.begin_call()
    gone.record(calls(call("create_card", title="Never")))
    cancel(world, gone.claim.run_id)
    world.clock.advance(121)

    world.tick()

    run = world.run(task_id)
    assert (run.state, run.turns, len(world.model_calls(run.id))) == ("cancelled", 1, 1)
    assert [each.state for each in world.tool_calls(run.id)] == ["denied"]
    assert world.titles() == []
    assert world.broken() == []


def test_asking_twice_keeps_the_first_request(world: World) -> None:
    queued_run(world)
    gone = GoneWorker(world)
    first = cancel(world, gone.claim.run_id)
    world.clock.advance(10)

    assert first["state"] == "running"
    assert cancel(world, gone.claim.run_id)["cancel_requested_at"] == first["cancel_requested_at"]


@pytest.mark.parametrize("how", ["succeeded", "failed", "cancelled"])
def test_what_has_ended_cannot_be_cancelled(world: World, how: str) -> None:
    task_id = world.due_task(max_retries=0)
    world.script(finishes("done" if how == "succeeded" else "failed"))
    world.tick(cancelling_at(world, "run.started") if how == "cancelled" else None)
    run = world.run(task_id)
    assert run.state == how
    before = everything(world.database)

    with pytest.raises(Conflict, match=how):
        cancel(world, run.id)

    assert everything(world.database) == before


def unknown(_: Run) -> str:
    return str(uuid.uuid4())


@pytest.mark.parametrize("which", [unknown, lambda _: "no id", lambda run: run.id], ids=["unknown", "no id", "theirs"])
def test_a_stranger_cancels_nothing_of_mine(world: World, stores: Stores, which: Callable[[Run], str]) -> None:
    run = world.run(queued_run(world, store_id=stores.mine))
    before = everything(world.database)

    with pytest.raises(NotFound):
        cancel(world, which(run), stores.stranger)

    assert everything(world.database) == before
