"""A run that is taken from its worker by a person: with a higher fence, and back to where any tick goes on with it."""

import pytest

from processor.agent import endings
from processor.errors import Conflict, NotFound, StaleWriter
from processor.models import RunAttempt
from processor.services import interventions
from processor.services.runs import RunView
from processor.storage import runs
from processor.storage.interventions import Locked
from processor.storage.runs import Worker
from tests.conftest import Stores
from tests.dump import everything
from tests.integration.tick.gone_worker import GoneWorker
from tests.rows import add_run
from tests.world import DEFAULT_STORE, World, call, calls, finishes

HEIR = Worker("00000000-0000-4000-8000-0000000000f2", lease_seconds=120)


def held_run(world: World, store_id: str = DEFAULT_STORE) -> GoneWorker:
    """A run in the middle of its second model call."""
    world.due_task(store_id)
    world.tick(max_runs=0)
    gone = GoneWorker(world)
    gone.begin_call()
    gone.record(calls(call("create_card", title="One")))
    return gone


def locked(world: World, run_id: str | None = None, store_id: str = DEFAULT_STORE) -> list[Locked]:
    with world.database.reading() as work:
        return interventions.locked(work, store_id, run_id)


def unlock(world: World, found: list[Locked], store_id: str = DEFAULT_STORE) -> list[RunView]:
    with world.database.writing() as work:
        return interventions.unlock(work, store_id, found)


def test_it_is_handed_back_with_a_higher_fence_and_no_attempt_spent(world: World) -> None:
    gone = held_run(world)

    (shown,) = unlock(world, locked(world, gone.claim.run_id))

    assert (shown["state"], shown["waiting_for"], shown["attempt"]) == ("waiting", "resume", 1)
    run = world.run(gone.claim.task_id)
    assert (run.fence, run.recoveries, run.worker_id, run.lease_expires_at) == (2, 0, None, None)
    assert [attempt.finished_at for attempt in world.rows(RunAttempt, run_id=run.id)] == [None]
    assert world.broken() == []


def test_the_next_tick_goes_on_where_it_was(world: World) -> None:
    gone = held_run(world)
    unlock(world, locked(world, gone.claim.run_id))
    world.script(calls(call("create_card", title="Asked again")), finishes())

    assert world.tick().succeeded == 1

    assert world.titles() == ["One"]
    assert (world.run(gone.claim.task_id).attempt, world.run(gone.claim.task_id).recoveries) == (1, 0)
    assert world.broken() == []


def test_a_worker_that_was_alive_after_all_can_write_nothing_more(world: World) -> None:
    gone = held_run(world)
    unlock(world, locked(world, gone.claim.run_id))
    before = everything(world.database)

    with pytest.raises(StaleWriter):
        world.database.write(endings.leave, endings.succeeded("mine"), gone.claim, 5, gone.log)

    assert everything(world.database) == before


def test_a_call_under_way_is_booked_as_lost(world: World) -> None:
    world.due_task()
    world.tick(max_runs=0)
    gone = GoneWorker(world)
    gone.begin_call()

    unlock(world, locked(world, gone.claim.run_id))

    assert [each.state for each in world.model_calls(gone.claim.run_id)] == ["lost"]
    assert world.run(gone.claim.task_id).cost_nanousd == 1_234
    assert world.broken() == []


def test_without_a_name_only_silent_workers_lose_their_runs(world: World) -> None:
    silent = held_run(world)
    world.clock.advance(121)
    task_id = world.task()
    with world.database.writing() as work:
        alive_id = add_run(work, DEFAULT_STORE, task_id, "running")

    found = locked(world)

    assert [(each.id, each.is_alive) for each in found] == [(silent.claim.run_id, False)]
    assert [each.is_alive for each in locked(world, alive_id)] == [True]


def test_a_run_that_was_taken_over_meanwhile_stays_with_its_heir(world: World) -> None:
    gone = held_run(world)
    world.clock.advance(121)
    found = locked(world)
    (heir,) = world.database.write(runs.claim, HEIR, 1)
    before = everything(world.database)

    assert (heir.run_id, unlock(world, found)) == (gone.claim.run_id, [])

    assert everything(world.database) == before


def test_a_cancelled_run_that_is_unlocked_ends_without_another_call(world: World) -> None:
    gone = held_run(world)
    with world.database.writing() as work:
        interventions.cancel(work, DEFAULT_STORE, gone.claim.run_id)

    unlock(world, locked(world, gone.claim.run_id))
    world.tick()

    run = world.run(gone.claim.task_id)
    assert (run.state, len(world.model_calls(run.id)), world.titles()) == ("cancelled", 1, [])
    assert world.broken() == []


@pytest.mark.parametrize("state", ["queued", "waiting", "succeeded", "failed", "cancelled"])
def test_a_run_that_nobody_holds_cannot_be_unlocked(world: World, state: str) -> None:
    task_id = world.task()
    with world.database.writing() as work:
        run_id = add_run(work, DEFAULT_STORE, task_id, state)

    with pytest.raises(Conflict, match=f"is {state}"):
        locked(world, run_id)


def test_a_stranger_unlocks_nothing_of_mine(world: World, stores: Stores) -> None:
    gone = held_run(world, stores.mine)
    world.clock.advance(121)
    found = locked(world, store_id=stores.mine)
    before = everything(world.database)

    assert locked(world, store_id=stores.stranger) == []
    assert unlock(world, found, stores.stranger) == []
    for run_id in (gone.claim.run_id, "no id"):
        with pytest.raises(NotFound):
            locked(world, run_id, stores.stranger)

    assert everything(world.database) == before
