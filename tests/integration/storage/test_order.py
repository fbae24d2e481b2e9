"""The order of a job's tasks in the database."""

from processor.storage import order
from tests.world import DEFAULT_STORE, World


def test_an_order_is_written_as_a_whole(world: World) -> None:
    job_id, task_ids = world.job(4)
    with world.database.writing() as work:
        assert order.hold(work, DEFAULT_STORE, [job_id]) == [job_id]
        order.write(work, job_id, task_ids[::-1])
    with world.database.reading() as work:
        assert order.of(work, job_id) == task_ids[::-1]
    assert [world.row(task_id).position for task_id in task_ids] == [4, 3, 2, 1]


def test_a_gap_is_closed(world: World) -> None:
    job_id, task_ids = world.job(4)
    world.change(world.row(task_ids[1]), schedule_type="manual", position=None)
    with world.database.writing() as work:
        order.close_gap(work, job_id)
    assert [world.row(task_id).position for task_id in task_ids] == [1, None, 2, 3]
