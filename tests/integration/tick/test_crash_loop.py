"""A run that seems to kill its workers: it is executed alone, and after five recoveries no more."""

import json
import re
from typing import Any

import pytest

from processor.llm.protocol import ModelRequest
from processor.llm.scripted import ScriptedModel
from processor.models import Run, RunAttempt
from processor.rules.run_state import MOST_RECOVERIES, WaitingFor
from processor.services import interventions
from processor.services import runs as run_views
from processor.services.instants import moment
from processor.storage import runs
from processor.storage.runs import Claim, Worker
from processor.tick.claims import LOST_SECONDS, PATIENCE_SECONDS, Claims
from tests.conftest import Stores
from tests.integration.tick.gone_worker import GoneWorker
from tests.integration.tick.lost_runs import ME, SILENCE_SECONDS, claimed, lost, queued, tasks_of
from tests.world import DEFAULT_STORE, HOUR, Message, World, call, calls, finishes, says


def test_a_run_that_always_kills_its_worker_is_started_six_times(world: World) -> None:
    task_id = world.due_task()
    world.tick(max_runs=0)
    starts = 0
    for _ in range(20):
        found = claimed(world)
        starts += len(found.to_execute)
        world.clock.advance(SILENCE_SECONDS)

    assert starts == 1 + MOST_RECOVERIES == 6
    run = world.run(task_id)
    assert (run.state, run.error_class, run.attempt) == ("failed", "crash_loop", 1)
    assert "processor runs retry" in str(run.error)
    assert world.broken() == []


def test_what_it_left_open_is_closed_and_booked(world: World) -> None:
    task_id = world.due_task(overlap="queue")
    world.tick(max_runs=0)
    gone = GoneWorker(world)
    gone.begin_call()
    gone.record(calls(call("create_card", title="Never")))
    world.clock.advance(HOUR)
    world.tick(max_runs=0)
    assert world.row(task_id).held
    world.change(world.run(task_id), recoveries=5, fence=6)

    report = world.tick()

    assert (report.failed, report.recovered, [run["error_class"] for run in report.runs]) == (1, 0, ["crash_loop"])
    run = world.runs(task_id)[0]
    assert [each.state for each in world.tool_calls(run.id)] == ["denied"]
    (attempt,) = world.rows(RunAttempt, run_id=run.id)
    assert (attempt.error_class, attempt.finished_at) == ("crash_loop", run.finished_at)
    assert world.titles() == []
    assert world.tick().succeeded == 1, "the slot that waited for it goes next"
    assert world.broken() == []


def test_its_open_call_is_booked_as_lost(world: World) -> None:
    task_id = world.due_task()
    world.tick(max_runs=0)
    GoneWorker(world).begin_call()
    world.change(world.run(task_id), recoveries=5, fence=6)
    world.clock.advance(SILENCE_SECONDS)

    world.tick()

    run = world.run(task_id)
    assert [(each.state, each.cost_nanousd) for each in world.model_calls(run.id)] == [("lost", 1_234)]
    assert (run.state, run.cost_nanousd) == ("failed", 1_234)
    assert world.broken() == []


def test_runs_that_end_in_the_claim_take_no_others_place(world: World) -> None:
    hopeless = [lost(world, 5, lease_expires_at=world.clock.now - 9) for _ in range(3)]
    task_id = lost(world, 0)

    found = claimed(world, limit=1)

    assert (tasks_of(found.to_execute), sorted(tasks_of(found.ended))) == ([task_id], sorted(hopeless))


@pytest.mark.parametrize("recoveries", [0, 1, 4, 5])
def test_a_lost_run_that_somebody_cancelled_ends_as_cancelled(world: World, recoveries: int) -> None:
    task_id = lost(world, recoveries)
    with world.database.writing() as work:
        interventions.cancel(work, DEFAULT_STORE, world.run(task_id).id)

    found = claimed(world, idle=False)

    assert (found.to_execute, tasks_of(found.ended)) == ([], [task_id])
    assert world.run(task_id).state == "cancelled"
    assert world.broken() == []


def test_handing_back_is_no_recovery(world: World) -> None:
    task_id = queued(world)
    for _ in range(10):
        (claim,) = claimed(world).to_execute
        world.database.write(runs.wait, claim, WaitingFor.RESUME, world.clock.now)

    assert (world.run(task_id).recoveries, world.run(task_id).state) == (0, "waiting")


def test_a_lost_run_takes_nobodys_place_before_it_was_lost_for_a_tick(world: World) -> None:
    lost(world, 0)
    other = queued(world)
    assert tasks_of(claimed(world, limit=1).to_execute) == [other]

    other = queued(world)
    world.clock.advance(LOST_SECONDS)
    assert other not in tasks_of(claimed(world, limit=1).to_execute)


def test_a_run_that_was_recovered_once_goes_with_the_others(world: World) -> None:
    both = {lost(world, 0), queued(world)}
    assert set(tasks_of(claimed(world, idle=False).to_execute)) == both


def test_a_suspect_waits_until_nothing_else_is_ready_or_runs(world: World) -> None:
    suspects = [lost(world, 1, lease_expires_at=world.clock.now - 9), lost(world, 2)]
    other = queued(world)

    assert tasks_of(claimed(world).to_execute) == [other]
    assert claimed(world, idle=False).to_execute == []
    assert tasks_of(claimed(world).to_execute) == suspects[:1], "one at a time, the longest lost first"
    assert tasks_of(claimed(world).to_execute) == suspects[1:]


def test_a_suspect_that_was_passed_over_for_long_goes_first(world: World) -> None:
    suspect = lost(world, 1)
    world.clock.advance(PATIENCE_SECONDS)
    other = queued(world)

    assert tasks_of(claimed(world).to_execute) == [suspect]
    assert tasks_of(claimed(world).to_execute) == [other]


def test_a_preview_names_suspects_last_and_leaves_out_what_will_not_run(world: World) -> None:
    lost(world, 5)
    suspect, harmless, other = lost(world, 1), lost(world, 0), queued(world)

    with world.database.reading() as work:
        planned = run_views.ready(work, None)

    assert [run["task_id"] for run in planned] == [other, harmless, suspect]


def test_a_start_that_was_killed_before_it_said_anything_has_a_transcript(world: World) -> None:
    run_id = world.run(lost(world, 5)).id
    world.tick()

    with world.database.reading() as work:
        (attempt,) = run_views.transcript(work, DEFAULT_STORE, run_id)["attempts"]

    assert (attempt["opening"], attempt["turns"], attempt["error_class"]) == (None, [], "crash_loop")


def test_a_worker_for_one_store_leaves_the_strangers_suspects_and_hopeless_runs(world: World, stores: Stores) -> None:
    lost(world, 1)
    hopeless = lost(world, 5)
    mine = Worker(ME.id, 120, store_id=stores.mine)

    assert claimed(world, worker=mine) == Claims()
    assert world.run(hopeless).state == "running"


def at_each_call(monkeypatch: pytest.MonkeyPatch, world: World) -> list[tuple[str, set[str]]]:
    """Notes at each model call whose it is, and which tasks have a run with a living worker then."""
    seen: list[tuple[str, set[str]]] = []
    respond = ScriptedModel.respond

    async def noting(self: ScriptedModel, request: ModelRequest, messages: list[Message], **limits: Any) -> Any:
        running = world.rows(Run, state="running")
        alive = {run.task_id for run in running if run.lease_expires_at >= moment(world.clock.now)}  # type: ignore[operator]
        seen.append((whose(messages), alive))
        return await respond(self, request, messages, **limits)

    monkeypatch.setattr(ScriptedModel, "respond", noting)
    return seen


def whose(messages: list[Message]) -> str:
    """The task that a conversation is about: its prompt is its id."""
    return re.search(r"prompt of ([0-9a-z-]+)", json.dumps(messages[0]))[1]  # type: ignore[index]


def test_a_suspect_is_alone_until_it_has_passed_a_turn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    suspects = [lost(world, 1, lease_expires_at=world.clock.now - 9), lost(world, 3)]
    others = {queued(world) for _ in range(3)}
    for task_id in (*suspects, *others):
        world.change(world.row(task_id), prompt=f"prompt of {task_id}")
    world.script(calls(call("list_cards")), finishes())
    seen = at_each_call(monkeypatch, world)

    report = world.tick()

    assert (report.succeeded, report.recovered) == (5, 2)
    assert {task_id for task_id, _ in seen[:6]} == others, "they go first"
    assert [alive for task_id, alive in seen[6:]] == [{task_id} for task_id, _ in seen[6:]]
    assert [task_id for task_id, _ in seen[6::2]] == suspects


def test_when_a_suspect_has_passed_a_turn_others_start_beside_it(world: World) -> None:
    suspect = lost(world, 2)
    (claim,) = claimed(world).to_execute
    assert not passed(world, claim)
    gone = GoneWorker(world, claim)
    gone.begin_call()
    gone.record(says("On it."))

    assert passed(world, claim)
    assert world.run(suspect).turns == 1


def test_a_turn_is_passed_when_its_tools_have_answered(world: World) -> None:
    lost(world, 2)
    (claim,) = claimed(world).to_execute
    gone = GoneWorker(world, claim)
    gone.begin_call()
    gone.record(calls(call("create_card", title="Never")))

    assert not passed(world, claim)


def passed(world: World, claim: Claim) -> bool:
    with world.database.reading() as work:
        return runs.passed_turn(work, claim.run_id)
