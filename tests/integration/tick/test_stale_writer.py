from collections.abc import Callable

import pytest

from processor.agent import checkpoint, endings
from processor.agent.conversation import Turn
from processor.agent.outcome import Failed
from processor.errors import StaleWriter
from processor.llm.scripted import ScriptedModel
from processor.rules.run_state import ErrorClass, RunState, WaitingFor
from processor.services import tasks
from processor.storage import runs
from processor.storage.runs import Ending, Spent, Worker
from processor.storage.work import Work
from tests.dump import everything
from tests.integration.tick.gone_worker import CALL_ID, GoneWorker
from tests.world import World, call, calls, says

HEIR = Worker("00000000-0000-4000-8000-0000000000f2", lease_seconds=120)
Write = Callable[[Work, GoneWorker, Turn], object]


def leaves(ending: endings.WriteEnding) -> Write:
    return lambda work, gone, _: endings.leave(work, ending, gone.claim, 5, gone.log)


WRITES: dict[str, Write] = {
    "step": lambda work, gone, _: runs.step(work, gone.claim, Spent(cost_nanousd=7)),
    "wait": lambda work, gone, _: runs.wait(work, gone.claim, WaitingFor.RESUME, 0),
    "finish": lambda work, gone, _: runs.finish(work, gone.claim, Ending(RunState.SUCCEEDED, "mine")),
    "open the conversation": lambda work, gone, _: checkpoint.open_conversation(work, gone.claim, gone.log),
    "a call failed": lambda work, gone, _: checkpoint.fail_call(work, gone.conversation, CALL_ID, "no", lost=False),
    "withdraw a call": lambda work, gone, _: checkpoint.withdraw_call(work, gone.conversation, CALL_ID),
    "take a step": lambda work, gone, _: gone.loop(ScriptedModel([])).advance(
        work, gone.conversation, gone.answered(says("Late"))
    ),
    "succeed": leaves(endings.succeeded("mine")),
    "retry later": leaves(endings.failed(Failed(ErrorClass.TASK_FAILED, "mine"), 0.5)),
    "fail": leaves(endings.failed(Failed(ErrorClass.REFUSAL, "mine"), 0.5)),
    "hand back": leaves(endings.handed_back()),
    "wait for the provider": leaves(endings.provider_unavailable("busy", 9)),
    "tell that the provider refuses": leaves(endings.provider_refused("bad key")),
}


def worker_with_a_turn(world: World) -> tuple[GoneWorker, Turn]:
    world.due_task()
    world.tick(max_runs=0)
    gone = GoneWorker(world)
    gone.begin_call()
    return gone, gone.record(calls(call("create_card", title="Card")))


@pytest.mark.parametrize("write", WRITES)
def test_a_worker_whose_run_was_taken_over_can_write_nothing(world: World, write: str) -> None:
    gone, turn = worker_with_a_turn(world)
    world.clock.advance(121)
    (taken,) = world.database.write(runs.claim, HEIR, 1)
    assert taken.run_id == gone.claim.run_id
    before = everything(world.database)

    with pytest.raises(StaleWriter, match="taken over"):
        world.database.write(WRITES[write], gone, turn)

    assert everything(world.database) == before


@pytest.mark.parametrize("write", sorted(WRITES.keys() - {"open the conversation"}))  # it did so already
def test_a_worker_that_holds_its_run_can_write(world: World, write: str) -> None:
    gone, turn = worker_with_a_turn(world)
    before = everything(world.database)
    world.clock.advance(60)

    world.database.write(WRITES[write], gone, turn)

    assert everything(world.database) != before


@pytest.mark.parametrize("write", WRITES)
def test_what_has_ended_never_changes(world: World, write: str) -> None:
    gone, turn = worker_with_a_turn(world)
    world.database.write(runs.finish, gone.claim, Ending(RunState.SUCCEEDED, "done"))
    before = everything(world.database)

    with pytest.raises(StaleWriter):
        world.database.write(WRITES[write], gone, turn)

    assert everything(world.database) == before


@pytest.mark.parametrize("write", WRITES)
def test_a_worker_whose_run_was_deleted_is_told_so_and_writes_nothing(world: World, write: str) -> None:
    gone, turn = worker_with_a_turn(world)
    with world.database.writing() as work:
        tasks.delete(work, gone.claim.store_id, gone.claim.task_id, force=True)
    before = everything(world.database)

    with pytest.raises(StaleWriter, match="was deleted, with its task or job"):
        world.database.write(WRITES[write], gone, turn)

    assert everything(world.database) == before
