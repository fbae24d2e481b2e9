"""SIGTERM wherever a tick may be: it hands its runs back and is gone, and the next tick goes on where it was."""

import random
import signal
import time
from pathlib import Path

import pytest
from sqlmodel import select

from processor.models import Run
from tests.reliability.extent import FEW_SEEDS
from tests.reliability.outcome import shortcomings
from tests.reliability.programs import Process
from tests.reliability.scene import PATIENCE_SECONDS, Scene, three_turns

FAULT = "SIGTERM"
LEAVES_WITHIN_SECONDS = 10
"""What the program promises."""
TERMINATED = 143
HELD_SECONDS = 1.0
TERMS = 20
POLL_SECONDS = 0.005

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("where", ["a model call", "a tool call", "a commit"])
def test_a_terminated_tick_hands_its_run_back_and_the_next_goes_on(scene: Scene, where: str, times: int) -> None:
    journal, pause_at = scene.folder / "journal", seam(scene, where)
    scene.script(three_turns(delay_seconds=60 if where == "a model call" else 0))
    scene.due_tasks()
    pause = {"pause_at": pause_at, "pause_seconds": 0 if where == "a model call" else HELD_SECONDS}
    process = scene.start(instrument={"journal": str(journal), **pause})
    await_lines(journal, pause_at)

    for _ in range(times):
        terminate(scene, process)
        time.sleep(HELD_SECONDS / 10)

    assert process.wait(LEAVES_WITHIN_SECONDS) == TERMINATED
    with scene.opened() as database, database.reading() as work:
        (run,) = work.session.exec(select(Run).where(Run.state != "succeeded"))
    assert (run.state, run.waiting_for, run.attempt, run.recoveries) == ("waiting", "resume", 1, 0)
    assert (run.worker_id, run.lease_expires_at) == (None, None)
    assert_all_ends_well(scene)


@pytest.mark.parametrize("seed", FEW_SEEDS)
def test_wherever_it_comes_sigterm_leaves_no_run_behind(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)
    scene.script(three_turns(delay_seconds=0.04))
    sent = 0
    while sent < TERMS:
        scene.due_tasks()
        process = scene.start()
        if process.ended(chance.uniform(0, 0.3)):
            continue
        terminate(scene, process)
        sent += 1
        # A tick that was over has its own code; one that had not yet begun to listen was ended by the signal itself.
        assert process.wait(LEAVES_WITHIN_SECONDS) in (0, TERMINATED, -signal.SIGTERM)
        assert scene.ask("SELECT count(*) FROM runs WHERE state = 'running'") == 0

    assert_all_ends_well(scene)


def seam(scene: Scene, where: str) -> int:
    """The number of the seam to wait for, as seen in a run that nobody disturbs."""
    scene.environment["PROCESSOR_LEASE_SECONDS"] = "60"  # not to be renewed meanwhile: that would be a seam, too
    scene.due_tasks()
    journal = scene.folder / "undisturbed"
    assert scene.start(instrument={"journal": str(journal)}).wait() == 0
    seams = journal.read_text().splitlines()
    return seams.index(f"before {where}", 0 if where != "a commit" else seams.index("after a model call")) + 1


def await_lines(journal: Path, count: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not journal.exists() or len(journal.read_text().splitlines()) < count:
        assert time.monotonic() < until
        time.sleep(POLL_SECONDS)


def terminate(scene: Scene, process: Process) -> None:
    process.send(signal.SIGTERM)
    scene.counts["signals_sent"] += 1


def assert_all_ends_well(scene: Scene) -> None:
    scene.script(three_turns())
    scene.settle()
    with scene.opened() as database:
        assert shortcomings(database) == []
