"""kill -9 within the steps of a pass, between them and as they end: it ends in order, each step having run once."""

import random

import pytest

from tests.conftest import ClockFile
from tests.reliability.extent import FEW_SEEDS
from tests.reliability.outcome import shortcomings_of_steps
from tests.reliability.passing import PassCase
from tests.reliability.scene import Scene
from tests.world import call, calls

FAULT = "kill -9 within and between steps of a pass"
STEPS = 5
FEW_STEPS = 3
WITHIN_A_STEP = (4, 20)
"""Seams of a tick at which it is in the midst of its first step: it has claimed the run, and not ended it."""

pytestmark = pytest.mark.slow


def ended_in_order(case: PassCase) -> dict[str, bool]:
    """What is wrong with a pass that has come to its end, in words."""
    steps = len(case.task_ids)
    return {
        f"stands at {case.standing()}": case.standing() != ("completed", "succeeded", steps),
        f"has the runs {case.runs()}": case.runs()
        != [(n + 1, task_id, "succeeded") for n, task_id in enumerate(case.task_ids)],
        "there was something left to do": case.tick() != 0 or case.scene.unfinished() > 0,
    }


def test_each_step_runs_in_three_processes_and_all_of_them_are_killed(scene: Scene, clock: ClockFile) -> None:
    for seed in FEW_SEEDS:
        chance = random.Random(seed)
        case = PassCase(scene, clock, f"seed {seed}", STEPS)
        for step in range(1, STEPS + 1):
            assert case.standing() == ("in_progress", "running", step)
            case.kill(kill_at=chance.randint(*WITHIN_A_STEP))
            case.kill(kill_at_end="before a commit")
            assert case.standing() == ("in_progress", "running", step)
            case.kill(kill_at_end="after a commit")

        assert [said for said, so in ended_in_order(case).items() if so] == [], f"with seed {seed}"
        with scene.opened() as database:
            assert shortcomings_of_steps(database, case.task_ids) == []
        scene.counts["runs"] += STEPS


def test_wherever_it_is_killed_the_pass_ends_as_if_it_had_not_been(scene: Scene, clock: ClockFile) -> None:
    card = call("create_card", title="Card")
    scene.script([calls(card, call("finish_run", status="done", summary="A card."))])
    example = PassCase(scene, clock, "undisturbed", FEW_STEPS)
    assert example.tick() == 0
    seams, expected = example.passed(), example.portraits()
    assert [len(step["cards"]) for step in expected] == [1] * FEW_STEPS
    wrong = {}
    for number, seam in enumerate(seams, start=1):
        case = PassCase(scene, clock, f"killed at {number}", FEW_STEPS)
        case.kill(kill_at=number)

        assert case.tick() == 0

        problems = ended_in_order(case) | {"another result": case.portraits() != expected}
        wrong[f"{number}: {seam}"] = [said for said, so in problems.items() if so]
        scene.counts["runs"] += FEW_STEPS
    scene.counts["rounds"] += len(seams)
    assert {where: problems for where, problems in wrong.items() if problems} == {}
