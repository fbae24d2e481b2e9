import pytest

from processor.errors import Conflict
from processor.models import Run
from processor.services import runs as run_services
from processor.storage import runs
from processor.storage.faults import BrokenConstraint
from processor.storage.runs import Claim, Worker
from tests.conftest import Stores
from tests.rows import add_run
from tests.world import DEFAULT_STORE, HOUR, World

ME = Worker("00000000-0000-4000-8000-0000000000e1", lease_seconds=120)
OTHER = Worker("00000000-0000-4000-8000-0000000000e2", lease_seconds=120)


def claimed(world: World, limit: int = 100, worker: Worker = ME) -> list[Claim]:
    return world.database.write(runs.claim, worker, limit)


def tasks_of(claims: list[Claim]) -> list[str]:
    return [claim.task_id for claim in claims]


def add(world: World, task_id: str, state: str = "queued", **columns: object) -> str:
    with world.database.writing() as work:
        return add_run(work, world.row(task_id).store_id, task_id, state, **columns)


def test_a_claim_makes_a_queued_run_ours(world: World) -> None:
    task_id = world.task()
    run_id = add(world, task_id)

    (claim,) = claimed(world)

    assert claim == Claim(run_id, DEFAULT_STORE, task_id, 1, 1, 0, ME.id, 120)
    run = world.run(task_id)
    assert (run.state, run.worker_id, run.attempt, run.fence) == ("running", ME.id, 1, 1)
    assert run.lease_expires_at is not None
    assert run.lease_expires_at.timestamp() == world.clock.now + 120
    assert run.started_at is not None


def test_the_highest_priority_goes_first_and_then_the_oldest(world: World) -> None:
    low, middle, high, older_middle = (world.task() for _ in range(4))
    add(world, older_middle, priority=3)
    world.clock.advance(1)
    add(world, low, priority=5)
    add(world, middle, priority=3)
    add(world, high, priority=1)

    order = [tasks_of(claimed(world, limit=1)) for _ in range(5)]

    assert order == [[high], [older_middle], [middle], [low], []]


def test_no_more_runs_are_claimed_than_asked_for(world: World) -> None:
    for _ in range(5):
        add(world, world.task())

    assert len(claimed(world, limit=2)) == 2
    assert len(claimed(world, limit=9)) == 3


@pytest.mark.parametrize("state", ["running", "waiting"])
def test_a_queued_run_waits_for_the_live_one_of_its_task(world: World, state: str) -> None:
    task_id = world.task()
    live = add(world, task_id, state, **({"not_before": None} if state == "waiting" else {}))
    add(world, task_id)

    assert claimed(world) == []

    (run,) = world.rows(Run, id=live)
    cleared = {"waiting_for": None, "waiting_since": None, "worker_id": None, "lease_expires_at": None}
    world.change(run, state="succeeded", finished_at=world.clock.now, **cleared)
    assert tasks_of(claimed(world)) == [task_id]


def test_of_two_queued_runs_of_a_task_the_older_starts_alone(world: World) -> None:
    task_id = world.task()
    older = add(world, task_id)
    world.clock.advance(1)
    add(world, task_id, priority=1)

    assert [claim.run_id for claim in claimed(world)] == [older]


def test_the_database_itself_refuses_a_second_live_run(world: World) -> None:
    task_id = world.task()
    add(world, task_id, "running")

    with pytest.raises(BrokenConstraint):
        add(world, task_id, "running")


def test_a_waiting_run_is_taken_up_when_its_time_has_come(world: World) -> None:
    task_id = world.task()
    add(world, task_id, "waiting", waiting_for="provider", not_before=world.clock.now + 60, attempt=2)

    assert claimed(world) == []
    world.clock.advance(60)
    (claim,) = claimed(world)

    assert (claim.attempt, claim.fence) == (2, 1)
    run = world.run(task_id)
    assert (run.state, run.waiting_for, run.not_before) == ("running", None, None)


def test_only_a_retry_counts_as_another_start(world: World) -> None:
    ids = {reason: world.task() for reason in ("retry", "resume", "provider")}
    for reason, task_id in ids.items():
        add(world, task_id, "waiting", waiting_for=reason, attempt=1)

    attempts = {claim.task_id: claim.attempt for claim in claimed(world)}

    assert attempts == {ids["retry"]: 2, ids["resume"]: 1, ids["provider"]: 1}


def test_a_run_that_waits_for_a_person_is_left_alone(world: World) -> None:
    add(world, world.task(), "waiting", waiting_for="approval", not_before=None)

    assert claimed(world) == []


def test_a_lease_that_has_run_out_is_taken_over(world: World) -> None:
    task_id = world.task()
    add(world, task_id)
    (mine,) = claimed(world)
    world.clock.advance(120)
    assert claimed(world, worker=OTHER) == [], "the last second of a lease is still a second of it"

    world.clock.advance(1)
    (taken,) = claimed(world, worker=OTHER)

    assert (taken.run_id, taken.attempt) == (mine.run_id, mine.attempt)
    assert (taken.fence, taken.recoveries, taken.worker_id) == (mine.fence + 1, 1, OTHER.id)


def test_a_renewed_lease_keeps_the_run(world: World) -> None:
    add(world, world.task())
    claimed(world)
    world.clock.advance(100)

    assert world.database.write(runs.renew, ME) == 1
    assert world.database.write(runs.renew, OTHER) == 0

    world.clock.advance(100)
    assert claimed(world, worker=OTHER) == []


def test_what_waits_goes_before_what_is_new_and_that_before_what_was_lost(world: World) -> None:
    new, waiting, lost = (world.task() for _ in range(3))
    add(world, new, priority=1)
    add(world, waiting, "waiting", waiting_for="resume")
    add(world, lost, "running", lease_expires_at=world.clock.now - 1)

    assert [tasks_of(claimed(world, limit=1)) for _ in range(3)] == [[waiting], [new], [lost]]


def test_a_worker_for_one_store_leaves_the_strangers_runs(world: World, stores: Stores) -> None:
    mine, stranger = world.task(stores.mine), world.task(stores.stranger)
    lost = world.task(stores.stranger)
    waiting = world.task(stores.stranger)
    add(world, mine)
    add(world, stranger)
    add(world, lost, "running", lease_expires_at=world.clock.now - 1)
    add(world, waiting, "waiting")

    assert tasks_of(claimed(world, worker=Worker(ME.id, 120, store_id=stores.mine))) == [mine]


def test_a_run_asked_for_by_hand_starts_at_once_whatever_else_is_queued(world: World) -> None:
    other, task_id = world.task(), world.task(priority=5)
    add(world, other, priority=1)
    with world.database.writing() as work:
        run_id = run_services.request(work, DEFAULT_STORE, task_id)["id"]
        (claim,) = runs.claim(work, Worker(ME.id, 120, DEFAULT_STORE, run_id), limit=1)

    assert claim.run_id == run_id
    assert world.run(other).state == "queued"


def test_a_second_run_by_hand_is_a_conflict_that_names_the_first(world: World) -> None:
    task_id = world.task()
    with world.database.writing() as work:
        first = run_services.request(work, DEFAULT_STORE, task_id)["id"]

    with pytest.raises(Conflict) as raised, world.database.writing() as work:
        run_services.request(work, DEFAULT_STORE, task_id)["id"]

    assert raised.value.live_run_id == first
    assert len(world.runs(task_id)) == 1


def test_a_run_by_hand_stands_in_the_way_of_a_slot(world: World) -> None:
    task_id = world.due_task()
    with world.database.writing() as work:
        run_services.request(work, DEFAULT_STORE, task_id)["id"]
    world.clock.advance(HOUR)

    report = world.tick()

    assert (report.skipped, report.succeeded) == (1, 1)
    assert [run.trigger for run in world.runs(task_id)] == ["manual"]
