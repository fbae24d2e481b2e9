"""An adaptive task with slots, runs, proposals in several states, and decisions of several kinds."""

from tests.world import World, call, calls, finishes

MINUTE = 60


def make_adaptive(world: World, store_id: str) -> None:
    """One that runs every minute: its agent is followed, then proposes nothing, then finds nothing to do."""
    bounds = {"schedule_type": "adaptive", "every": "1m", "min_interval": "1m", "max_interval": "1h", "max_retries": 0}
    task_id = world.task(store_id, name="Market", **bounds)
    proposes = calls(call("propose_next_run", after="2m", reason="The market opens then"))
    for minutes, answers in ((1, (proposes, finishes())), (2, (finishes(),)), (1, (finishes("nothing_to_do"),))):
        world.clock.advance(minutes * MINUTE)
        world.script(*answers)
        world.tick(store_id=store_id)
    assert [run.state for run in world.runs(task_id)] == ["succeeded"] * 3
