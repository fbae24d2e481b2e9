"""A run that kills whatever process it runs in: it is given up after six starts, and the others hardly notice."""

import signal

import pytest
from sqlmodel import select

from processor.models import LlmCall, Run
from processor.services.instants import epoch
from tests.conftest import ClockFile
from tests.reliability.outcome import shortcomings
from tests.reliability.scene import Scene

FAULT = "poison run that kills its process"
POISONOUS = "Poison"
STARTS = 6
TICK_SECONDS = 300
TICKS = 12
HEALTHY_PER_TICK = 3

pytestmark = pytest.mark.slow


def test_a_run_that_kills_its_process_fails_after_six_starts(scene: Scene, clock: ClockFile) -> None:
    scene.environment["PROCESSOR_CLOCK_FILE"] = str(clock.path)
    (poison,) = scene.due_tasks(name=POISONOUS, prompt="Drink this", every="1d")
    for _ in range(TICKS):
        scene.due_tasks(HEALTHY_PER_TICK, every="1d")
        tick(scene)
        clock.advance(TICK_SECONDS)
    tick(scene)

    with scene.opened() as database, database.reading() as work:
        (run,) = work.session.exec(select(Run).where(Run.task_id == poison))
        calls = work.session.exec(select(LlmCall.state).where(LlmCall.run_id == run.id)).all()
        late = [
            epoch(row.started_at) - epoch(row.scheduled_time)
            for row in work.session.exec(select(Run).where(Run.task_id != poison))
            if row.started_at is not None and row.scheduled_time is not None
        ]
    assert (run.state, run.error_class, run.attempt) == ("failed", "crash_loop", 1)
    assert (scene.counts["signals_sent"], list(calls)) == (STARTS, ["lost"] * STARTS)
    assert len(late) == TICKS * HEALTHY_PER_TICK
    assert max(late) <= TICK_SECONDS
    with scene.opened() as database:
        assert {said for said in shortcomings(database) if run.id not in said} == set()


def tick(scene: Scene) -> None:
    """A tick, in which whoever runs the poisonous task dies of it."""
    process = scene.start(instrument={"journal": str(scene.folder / "journal"), "poisonous": f"Task: {POISONOUS}."})
    code = process.wait()
    assert code in (0, -signal.SIGKILL), process.log.read_text()[-2_000:]
    scene.counts["signals_sent"] += code == -signal.SIGKILL
    scene.counts["kills_that_hit_a_live_run"] += code == -signal.SIGKILL
