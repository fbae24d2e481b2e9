"""A run that seemed to kill its workers, and was handed back."""

from processor.rules.run_state import WaitingFor
from processor.services import runs as run_views
from processor.storage import runs
from processor.storage.runs import Claim
from tests.integration.tick.gone_worker import GoneWorker
from tests.integration.tick.lost_runs import SILENCE_SECONDS, claimed, lost, queued, tasks_of
from tests.world import World, says


def hand_back(world: World, claim: Claim) -> None:
    world.database.write(runs.wait, claim, WaitingFor.RESUME, world.clock.now)


def test_a_suspect_that_was_handed_back_is_one_still(world: World) -> None:
    task_id = lost(world, 2)
    (claim,) = claimed(world).to_execute
    hand_back(world, claim)

    assert claimed(world, idle=False).to_execute == []
    assert tasks_of(claimed(world).to_execute) == [task_id]


def test_a_run_that_has_passed_a_turn_since_is_no_suspect_when_it_was_handed_back(world: World) -> None:
    task_id = lost(world, 2)
    (claim,) = claimed(world).to_execute
    gone = GoneWorker(world, claim)
    gone.begin_call()
    gone.record(says("On it."))
    hand_back(world, claim)

    for _ in range(2):
        (again,) = claimed(world, idle=False).to_execute
        assert (again.task_id, again.is_suspect) == (task_id, False)
        hand_back(world, again)

    other = queued(world)
    with world.database.reading() as work:
        assert [run["task_id"] for run in run_views.ready(work, None)] == [task_id, other]


def test_a_run_that_is_lost_again_after_a_turn_is_a_suspect_again(world: World) -> None:
    task_id = lost(world, 1)
    (claim,) = claimed(world).to_execute
    gone = GoneWorker(world, claim)
    gone.begin_call()
    gone.record(says("On it."))
    world.clock.advance(SILENCE_SECONDS)

    (again,) = claimed(world).to_execute
    assert again.is_suspect
    hand_back(world, again)

    assert claimed(world, idle=False).to_execute == []
    assert tasks_of(claimed(world).to_execute) == [task_id]
