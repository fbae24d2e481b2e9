"""A clock that was ahead and is set back, as one task feels it."""

from processor.services import tasks
from tests.world import DEFAULT_STORE, HOUR, World


def test_a_slot_that_comes_to_fall_on_the_moment_of_the_step_is_accounted_for(world: World) -> None:
    task_id = world.task(every="1m")
    world.clock.set(world.clock.now - 48 * HOUR)
    with world.database.writing() as work:
        tasks.update(work, DEFAULT_STORE, task_id, {"name": "Another name"}, set())
    for seconds in (300, 240):
        world.clock.advance(seconds)
        world.tick()
    assert world.broken() == []
    assert world.dispositions(task_id).count("claimed") == 2
