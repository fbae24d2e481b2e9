"""Orders, tasks and jobs that people change while ticks work on their passes: each pass ends, and nothing is broken."""

import random
import time

import pytest

from processor.reports.verify import verify
from tests.reliability.extent import FEW_SEEDS
from tests.reliability.programs import Process
from tests.reliability.scene import NewScene, Scene
from tests.reliability.unrest import Unrest
from tests.world import call, calls

FAULT = "jobs changed while their passes run"
CHANGES = 100
LOOKS_EVERY = 10
TICKS_AT_ONCE = 2
LONGEST_PAUSE_SECONDS = 0.05
SLOW_SECONDS = 0.03

pytestmark = pytest.mark.slow


def test_whatever_people_change_meanwhile_each_pass_ends_and_nothing_is_broken(new_scene: NewScene) -> None:
    for seed in FEW_SEEDS:
        live(new_scene(f"seed_{seed}"), random.Random(seed), f"with seed {seed}")


def live(scene: Scene, chance: random.Random, which: str) -> None:
    """Change things while ticks come and go; afterwards no pass runs any more."""
    card, end = call("create_card", title="Card"), call("finish_run", status="done", summary="A card.")
    scene.script([calls(card, delay_seconds=SLOW_SECONDS), calls(end, delay_seconds=SLOW_SECONDS)])
    ticks: list[Process] = []
    with scene.opened() as database:
        unrest = Unrest(database, chance)
        for number in range(1, CHANGES + 1):
            unrest.change()
            ticks = kept_up(scene, ticks, which)
            if number % LOOKS_EVERY == 0:
                with database.reading() as work:
                    assert [each for each in verify(work) if each.count] == [], f"{which}, after {number} changes"
            time.sleep(chance.uniform(0, LONGEST_PAUSE_SECONDS))
    for tick in ticks:
        assert tick.wait() == 0, f"{which}: {tick.log.read_text()[-2_000:]}"

    scene.settle()

    assert scene.ask("SELECT count(*) FROM job_runs WHERE state = 'running'") == 0, which
    kept = scene.ask("SELECT count(*) FROM job_runs WHERE state = 'succeeded'")
    assert kept > 0, which
    made = sum(count for name, count in unrest.counts.items() if name.islower())
    assert made > CHANGES // 2, f"{which}: {unrest.counts}"
    scene.counts.update(rounds=CHANGES, runs=scene.ask("SELECT count(*) FROM runs"), passes=unrest.counts["start"])


def kept_up(scene: Scene, ticks: list[Process], which: str) -> list[Process]:
    """Ticks that are under way; one that has ended has ended well, and another takes its place."""
    still = []
    for tick in ticks:
        if tick.ended():
            assert tick.code == 0, f"{which}: {tick.log.read_text()[-2_000:]}"
        else:
            still.append(tick)
    return still + [scene.start() for _ in range(TICKS_AT_ONCE - len(still))]
