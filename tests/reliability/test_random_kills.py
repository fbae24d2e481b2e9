"""kill -9 at random instants, while users go on giving work and nobody waits for a lease to run out."""

import random
import signal

import pytest

from tests.reliability.extent import KILLS_PER_SEED, SEEDS, try_each
from tests.reliability.outcome import shortcomings
from tests.reliability.scene import NewScene, Scene, three_turns

FAULT = "kill -9 at random instants"
LONGEST_LIFE_SECONDS = 0.3
MOST_RECOVERIES = 3
"""More than five recoveries would be a crash loop: long before that the runs are left in peace for a while."""
FRESH_EVERY = 20

pytestmark = pytest.mark.slow


def test_processes_killed_at_random_lose_nothing_and_do_nothing_twice(new_scene: NewScene) -> None:
    try_each(SEEDS, lambda seed: live_under_fire(new_scene(f"seed_{seed}"), random.Random(seed)))


def live_under_fire(scene: Scene, chance: random.Random) -> None:
    """Kill one tick after the other; then what they should have done must be there, once."""
    scene.script(three_turns(delay_seconds=0.04))
    while scene.counts["signals_sent"] < KILLS_PER_SEED:
        scene.due_tasks(2)
        kill_one(scene, chance)
        if scene.most_recoveries() >= MOST_RECOVERIES:
            scene.settle()

    scene.settle()

    with scene.opened() as database:
        assert shortcomings(database) == []
    assert scene.counts["kills_that_hit_a_live_run"] > KILLS_PER_SEED // 10


def kill_one(scene: Scene, chance: random.Random) -> None:
    """Start a tick and kill it after a while; it counts if it was still there."""
    fresh = scene.counts["signals_sent"] % FRESH_EVERY == FRESH_EVERY - 1
    process = scene.start(fresh=fresh)
    if process.ended(chance.uniform(0, LONGEST_LIFE_SECONDS * (3 if fresh else 1))):
        return
    process.send(signal.SIGKILL)
    if process.wait() == -signal.SIGKILL:
        scene.counts["signals_sent"] += 1
        scene.counts["kills_that_hit_a_live_run"] += scene.live_runs_of(process) > 0
