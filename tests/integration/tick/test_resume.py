import json
from typing import Any

import pytest

from processor.context import TickContext
from processor.models import Run, RunAttempt
from processor.services.instants import moment
from processor.storage import runs
from processor.storage.runs import Claim
from tests.integration.tick.gone_worker import GONE, GoneWorker
from tests.world import World, call, calls, finishes


class Deadline:
    """A monotonic clock whose soft deadline passes when the tick hears of an event."""

    def __init__(self, event: str) -> None:
        self._event = event
        self._now = 0.0

    def context(self) -> TickContext:
        return TickContext(240, self._listen, lambda: self._now)

    def _listen(self, event: str, /, **_: object) -> None:
        if event == self._event:
            self._now = 250.0


def three_turns(world: World) -> None:
    world.script(
        calls(call("create_card", title="One")), calls(call("create_card", title="Two")), finishes(summary="Both.")
    )


@pytest.mark.parametrize("event", ["run.started", "turn.recorded", "tool.called"])
def test_from_the_soft_deadline_on_runs_are_handed_back_and_the_next_tick_goes_on(world: World, event: str) -> None:
    task_id = world.due_task()
    three_turns(world)

    report = world.tick(Deadline(event).context())

    assert (report.waiting, report.handed_back, report.exit_code) == (1, 1, 0)
    run = world.run(task_id)
    assert (run.state, run.waiting_for, run.attempt) == ("waiting", "resume", 1)
    assert (run.worker_id, run.lease_expires_at) == (None, None)
    assert run.turns == (0 if event == "run.started" else 1)

    assert world.tick().succeeded == 1

    run = world.run(task_id)
    assert (run.output, run.attempt, run.turns, run.recoveries) == ("Both.", 1, 3, 0)
    assert world.titles() == ["One", "Two"]
    assert [turn.turn for turn in world.turns(run.id)] == [1, 2, 3]
    assert [each.state for each in world.model_calls(run.id)] == ["answered"] * 3
    assert len(world.rows(RunAttempt, run_id=run.id)) == 1


def test_a_stop_signal_hands_back_what_runs(world: World) -> None:
    task_id = world.due_task()
    three_turns(world)
    contexts: list[TickContext] = []

    def listen(event: str, /, **_: object) -> None:
        if event == "turn.recorded":
            contexts[0].stop("SIGTERM")

    contexts.append(TickContext(240, listen))
    report = world.tick(contexts[0])

    assert (report.exit_code, report.handed_back) == (143, 1)
    assert world.run(task_id).waiting_for == "resume"
    assert world.ticks()[0].exit_code == 143
    assert world.tick().succeeded == 1
    assert world.titles() == ["One", "Two"]


def test_a_tick_that_is_over_starts_nothing(world: World) -> None:
    task_id = world.due_task()
    context = TickContext(0)

    report = world.tick(context)

    assert (report.claimed, report.runs) == (1, [])
    assert world.run(task_id).state == "queued"


def claimed_run(world: World, **fields: Any) -> str:
    task_id = world.due_task(**fields)
    world.tick(max_runs=0)
    return task_id


def test_a_run_whose_worker_went_silent_is_taken_over(world: World) -> None:
    task_id = claimed_run(world)
    GoneWorker(world)
    assert world.tick().runs == []

    world.clock.advance(121)
    report = world.tick()

    assert (report.recovered, report.succeeded) == (1, 1)
    run = world.run(task_id)
    assert (run.attempt, run.fence, run.recoveries, run.state) == (1, 2, 1, "succeeded")


def test_a_recorded_response_is_not_asked_for_again(world: World) -> None:
    task_id = claimed_run(world)
    gone = GoneWorker(world)
    gone.begin_call()
    gone.record(calls(call("create_card", title="Recorded")))
    world.script(calls(call("create_card", title="Asked again")), finishes())
    world.clock.advance(121)

    assert world.tick().succeeded == 1

    assert world.titles() == ["Recorded"], "its tool had not run yet, and runs once"
    run = world.run(task_id)
    assert [turn.turn for turn in world.turns(run.id)] == [1, 2]
    assert (run.turns, run.tool_calls) == (2, 2)


def test_a_call_left_open_is_booked_as_lost_with_its_estimate(world: World) -> None:
    task_id = claimed_run(world)
    GoneWorker(world).begin_call()
    world.clock.advance(121)

    assert world.tick().succeeded == 1

    run = world.run(task_id)
    lost, *others = world.model_calls(run.id)
    assert (lost.state, lost.estimated_nanousd, lost.cost_nanousd, lost.fence) == ("lost", 1_234, 1_234, 1)
    assert [(each.state, each.turn, each.fence) for each in others] == [("answered", 1, 2), ("answered", 2, 2)]
    assert run.cost_nanousd == 1_234


def test_what_a_taken_over_run_has_done_stays_done_once(world: World) -> None:
    task_id = claimed_run(world)
    three_turns(world)
    world.tick(Deadline("tool.called").context())
    (run,) = world.rows(Run, task_id=task_id)
    silent = {"worker_id": GONE.id, "lease_expires_at": moment(world.clock.now - 1)}
    world.change(run, state="running", waiting_for=None, waiting_since=None, not_before=None, **silent)

    report = world.tick()

    assert (report.recovered, report.succeeded) == (1, 1)
    assert world.titles() == ["One", "Two"]


def test_the_log_of_a_run_goes_on_where_the_gone_worker_left_it(world: World) -> None:
    task_id = claimed_run(world)
    GoneWorker(world)
    world.clock.advance(121)
    world.tick()

    with world.database.reading() as work:
        rows = work.all("run_views.logs", run_id=world.run(task_id).id, store_id=world.row(task_id).store_id)
    events = [row.event for row in rows]
    assert events[:2] == ["run.started", "run.started"]
    assert events[-1] == "run.succeeded"
    assert json.loads(rows[0].fields)["attempt"] == 1


def test_a_claim_says_how_often_its_run_was_recovered(world: World) -> None:
    claimed_run(world)
    GoneWorker(world)
    recoveries = []
    for _ in range(3):
        world.clock.advance(121)
        taken: list[Claim] = world.database.write(runs.claim, GONE, 5)
        recoveries.append([claim.recoveries for claim in taken])

    assert recoveries == [[1], [2], [3]]
