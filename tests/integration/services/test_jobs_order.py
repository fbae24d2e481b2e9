"""The order of a job's tasks: whole or one by one, never mixed, and for passes to come, on both databases."""

import threading
from collections.abc import Callable, Sequence

import pytest

from processor.errors import Conflict, InvalidInput, NotFound, ProcessorError
from processor.models import AuditEntry, Event, Job, JobRunStep
from processor.services import jobs
from processor.storage import passes
from tests.conftest import Stores
from tests.dump import everything
from tests.world import DEFAULT_STORE, World


def reorder(world: World, job_id: str, task_ids: Sequence[str], version: int | None = None) -> None:
    with world.database.writing() as work:
        jobs.reorder(work, DEFAULT_STORE, job_id, task_ids, version)


def order_of(world: World, job_id: str) -> list[tuple[str, int]]:
    with world.database.reading() as work:
        tasks = jobs.view(work, jobs.get(work, DEFAULT_STORE, job_id))["tasks"]
    return [(task["id"], task["position"]) for task in tasks]


def version_of(world: World, job_id: str) -> int:
    (job,) = world.rows(Job, id=job_id)
    return job.version


def test_an_order_is_written_as_it_is_named_and_makes_the_next_version(world: World) -> None:
    job_id, (one, two, three) = world.job(3)
    reorder(world, job_id, [three, one.upper(), two])
    assert order_of(world, job_id) == [(three, 1), (one, 2), (two, 3)]
    assert version_of(world, job_id) == 2
    (event,) = world.rows(Event, name="job.updated", subject_id=job_id)
    assert "task_order" in event.payload
    (entry,) = world.rows(AuditEntry, subject_id=job_id)
    assert entry.after is not None
    assert three in entry.after


def test_the_order_that_there_is_changes_nothing(world: World) -> None:
    job_id, task_ids = world.job(3)
    before = everything(world.database)
    reorder(world, job_id, task_ids)
    assert everything(world.database) == before


@pytest.mark.parametrize(
    ("step", "position", "expected"), [(3, 1, [3, 1, 2, 4]), (1, 4, [2, 3, 4, 1]), (2, 3, [1, 3, 2, 4])]
)
def test_one_task_moves_and_the_others_make_room(world: World, step: int, position: int, expected: list[int]) -> None:
    job_id, task_ids = world.job(4)
    with world.database.writing() as work:
        assert jobs.move(work, DEFAULT_STORE, job_id, task_ids[step - 1], position).version == 2
    named = [task_ids[each - 1] for each in expected]
    assert order_of(world, job_id) == [(id_, place) for place, id_ in enumerate(named, start=1)]


def test_a_pass_under_way_keeps_the_order_that_it_began_with(world: World) -> None:
    job_id, task_ids = world.job(3)
    with world.database.writing() as work:
        pass_id = passes.begin(work, DEFAULT_STORE, job_id, trigger="manual")
    reorder(world, job_id, task_ids[::-1])
    assert [step.task_id for step in world.rows(JobRunStep, "position", job_run_id=pass_id)] == task_ids
    world.tick()
    with world.database.reading() as work:
        shown = jobs.view(work, jobs.get(work, DEFAULT_STORE, job_id))
    assert shown["status"] == "completed"
    assert [(task["position"], task["step"]) for task in shown["tasks"]] == [(1, 3), (2, 2), (3, 1)]


class TestWhatCannotBeAnOrder:
    """Each error is one line that names the task, and nothing changes."""

    @pytest.fixture
    def told(self, world: World) -> Callable[[type[ProcessorError], str, Sequence[str], str], None]:
        def told(error: type[ProcessorError], job_id: str, task_ids: Sequence[str], words: str) -> None:
            before = everything(world.database)
            with pytest.raises(error, match=words) as caught:
                reorder(world, job_id, task_ids)
            assert "\n" not in str(caught.value)
            assert everything(world.database) == before

        return told

    def test_a_task_that_is_not_there(self, world: World, stores: Stores, told: Callable[..., None]) -> None:
        job_id, task_ids = world.job(2)
        told(NotFound, job_id, [*task_ids, "nonsense"], "'nonsense'")
        strangers = world.task(stores.stranger)
        told(NotFound, job_id, [*task_ids, strangers], strangers)

    def test_a_task_of_another_job_or_of_none(self, world: World, told: Callable[..., None]) -> None:
        job_id, task_ids = world.job(2)
        _, (other, _) = world.job(2)
        told(InvalidInput, job_id, [*task_ids, other], rf"{other} \('Step 1'\) belongs to the job 'Job'")
        loose = world.task(name="Loose")
        told(InvalidInput, job_id, [*task_ids, loose], r"\('Loose'\) belongs to no job")

    def test_a_task_that_is_named_twice(self, world: World, told: Callable[..., None]) -> None:
        job_id, (one, two) = world.job(2)
        told(InvalidInput, job_id, [one, two, one.upper()], f"{one} is named twice")

    def test_a_task_that_is_left_out(self, world: World, told: Callable[..., None]) -> None:
        job_id, (one, two, three) = world.job(3)
        told(InvalidInput, job_id, [two], rf"leaves out {one} \('Step 1'\), {three} \('Step 3'\)")
        told(InvalidInput, job_id, [], "leaves out")

    def test_a_member_with_a_clock_of_its_own(self, world: World, told: Callable[..., None]) -> None:
        job_id, task_ids = world.job(2)
        member = world.task(name="By the hour")
        world.change(world.row(member), job_id=job_id)
        told(InvalidInput, job_id, [*task_ids, member], r"\('By the hour'\) is not sequential")
        reorder(world, job_id, task_ids[::-1])
        assert [position for _, position in order_of(world, job_id)] == [1, 2, None]

    @pytest.mark.parametrize("position", [0, 3, -1])
    def test_a_position_that_is_not_there(self, world: World, position: int) -> None:
        job_id, (one, _) = world.job(2)
        with pytest.raises(InvalidInput, match="use 1 to 2"), world.database.writing() as work:
            jobs.move(work, DEFAULT_STORE, job_id, one, position)

    def test_an_order_that_was_seen_before_somebody_changed_it(self, world: World) -> None:
        job_id, task_ids = world.job(2)
        reorder(world, job_id, task_ids[::-1], version=1)
        before = everything(world.database)
        with pytest.raises(Conflict, match="version 2"):
            reorder(world, job_id, task_ids, version=1)
        with pytest.raises(Conflict, match="version 2"), world.database.writing() as work:
            jobs.move(work, DEFAULT_STORE, job_id, task_ids[0], 1, version=1)
        assert everything(world.database) == before

    def test_a_strangers_job(self, world: World, stores: Stores) -> None:
        job_id, task_ids = world.job(2)
        with pytest.raises(NotFound, match=job_id), world.database.writing() as work:
            jobs.reorder(work, stores.stranger, job_id, task_ids)
        assert order_of(world, job_id) == [(task_ids[0], 1), (task_ids[1], 2)]


def together(world: World, orders: Sequence[Sequence[str]], change: Callable[[Sequence[str]], None]) -> list[str]:
    """Let each order be written by a thread of its own, all at once; how each ended."""
    ends: list[str] = []
    ready = threading.Barrier(len(orders))

    def write(order: Sequence[str]) -> None:
        ready.wait()
        try:
            change(order)
            ends.append("written")
        except Conflict:
            ends.append("conflict")
        except BaseException as error:  # noqa: BLE001 (a thread's error must reach the test)
            ends.append(repr(error))

    threads = [threading.Thread(target=write, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends)


def test_of_two_orders_of_one_version_the_first_counts_and_the_other_is_a_conflict(world: World) -> None:
    job_id, (one, two, three, four) = world.job(4)
    orders = [[four, three, two, one], [two, one, four, three]]
    assert together(world, orders, lambda order: reorder(world, job_id, order, version=1)) == ["conflict", "written"]
    assert [id_ for id_, _ in order_of(world, job_id)] in orders
    assert [position for _, position in order_of(world, job_id)] == [1, 2, 3, 4]
    assert version_of(world, job_id) == 2


def test_orders_that_are_written_at_once_never_mix(world: World) -> None:
    job_id, task_ids = world.job(6)
    orders = [task_ids[turn:] + task_ids[:turn] for turn in range(1, 5)]

    def write_often(order: Sequence[str]) -> None:
        for _ in range(5):
            reorder(world, job_id, order)

    assert together(world, orders, write_often) == ["written"] * 4
    assert [id_ for id_, _ in order_of(world, job_id)] in orders
    assert [position for _, position in order_of(world, job_id)] == [1, 2, 3, 4, 5, 6]
    assert version_of(world, job_id) == 1 + len(world.rows(Event, name="job.updated", subject_id=job_id))
