"""kill -9 before and after every commit, model call and tool call of one run: the work ends as if nothing had been."""

import signal
from typing import Any

import pytest
from sqlmodel import col, select

from processor.models import LlmCall, Run, Turn
from tests.conftest import ClockFile
from tests.reliability.outcome import TURNS, portrait
from tests.reliability.scene import LEASE_SECONDS, Scene

FAULT = "kill -9 at each write boundary"
CALLED = "before a model call"

pytestmark = pytest.mark.slow


class Case:
    """One task in a store of its own, so that each case can be compared with every other."""

    def __init__(self, scene: Scene, clock: ClockFile, name: str) -> None:
        self.scene = scene
        self.clock = clock
        self.journal = scene.folder / f"{name}.journal"
        (self.task_id,) = scene.due_tasks(store_id=scene.store(name))

    def tick(self, kill_at: int | None = None) -> int:
        """A tick with its seams counted; its exit code."""
        return self.scene.start(instrument={"journal": str(self.journal), "kill_at": kill_at}).wait()

    def kill(self, at: int) -> None:
        """Kill a tick at one of its seams, and let time pass until its lease is over."""
        assert self.tick(at) == -signal.SIGKILL
        self.scene.counts["signals_sent"] += 1
        self.scene.counts["kills_that_hit_a_live_run"] += self.scene.ask(
            "SELECT count(*) FROM runs WHERE state = 'running'"
        )
        self.clock.advance(LEASE_SECONDS + 1)

    def passed(self) -> list[str]:
        """The seams that were come by, in all ticks."""
        return self.journal.read_text().splitlines()

    def portrait(self) -> dict[str, Any]:
        with self.scene.opened() as database:
            return portrait(database, self.task_id)

    def recorded(self) -> tuple[set[Any], set[Any]]:
        """The turns and the answered calls that are on record now: they must never change."""
        with self.scene.opened() as database, database.reading() as work:
            turns = select(Turn).join(Run, col(Turn.run_id) == col(Run.id)).where(Run.task_id == self.task_id)
            calls = select(LlmCall).join(Run, col(LlmCall.run_id) == col(Run.id)).where(Run.task_id == self.task_id)
            return (
                {(row.turn, row.response, row.reply, row.created_at) for row in work.session.exec(turns)},
                {(row.id, row.turn, row.fence) for row in work.session.exec(calls) if row.state == "answered"},
            )

    def paid_calls(self) -> int:
        """How often the model was asked, according to the model."""
        return self.passed().count(CALLED)


@pytest.fixture
def undisturbed(scene: Scene, clock: ClockFile) -> Case:
    """What the run looks like when nobody kills it."""
    scene.environment["PROCESSOR_CLOCK_FILE"] = str(clock.path)
    case = Case(scene, clock, "undisturbed")
    assert case.tick() == 0
    return case


def test_wherever_it_is_killed_the_run_ends_as_if_it_had_not_been(
    scene: Scene, clock: ClockFile, undisturbed: Case
) -> None:
    seams = undisturbed.passed()
    expected = undisturbed.portrait()
    assert (seams.count(CALLED), seams.count("after a tool call")) == (TURNS, 4)
    wrong = {}
    for number, seam in enumerate(seams, start=1):
        case = Case(scene, clock, f"killed at {number}")
        case.kill(number)
        turns, answered = case.recorded()
        to_pay = case.paid_calls() + TURNS - len(turns)

        assert case.tick() == 0

        problems = {
            "another result": case.portrait() != expected,
            "a record was changed": not (turns <= case.recorded()[0] and answered <= case.recorded()[1]),
            f"paid {case.paid_calls()} calls": not case.paid_calls() == to_pay <= TURNS + 1,
            "there was something left to do": case.tick() != 0 or case.scene.unfinished(),
        }
        wrong[f"{number}: {seam}"] = [said for said, so in problems.items() if so]
    scene.counts["rounds"] += len(seams)
    assert {where: problems for where, problems in wrong.items() if problems} == {}
