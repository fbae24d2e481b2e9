"""Runs that are killed at one of their seams, each in a store of its own."""

import signal
from typing import Any

from sqlmodel import col, select

from processor.models import LlmCall, Run, Turn
from tests.conftest import ClockFile
from tests.reliability.outcome import portrait
from tests.reliability.scene import Scene

CALLED = "before a model call"
LEASE_SECONDS = 60
"""So long that no lease is renewed in the middle of a run: its seams are always the same."""


class Killed:
    """Ticks whose seams are counted, and who is killed at which."""

    def __init__(self, scene: Scene, clock: ClockFile, name: str) -> None:
        self.scene = scene
        self.clock = clock
        self.journal = scene.folder / f"{name}.journal"
        scene.environment |= {"PROCESSOR_CLOCK_FILE": str(clock.path), "PROCESSOR_LEASE_SECONDS": str(LEASE_SECONDS)}
        self.store_id = scene.store(name)

    def tick(self, **killed: int | str | None) -> int:
        """A tick with its seams counted; its exit code."""
        return self.scene.start(instrument={"journal": str(self.journal), **killed}).wait()

    def kill(self, **at: int | str) -> None:
        """Kill a tick at one of its seams, and let time pass until its lease is over."""
        assert self.tick(**at) == -signal.SIGKILL
        self.scene.counts["signals_sent"] += 1
        self.scene.counts["kills_that_hit_a_live_run"] += self.scene.ask(
            "SELECT count(*) FROM runs WHERE state = 'running'"
        )
        self.clock.advance(LEASE_SECONDS + 1)

    def passed(self) -> list[str]:
        """The seams that were come by, in all ticks."""
        return self.journal.read_text().splitlines()


class Case(Killed):
    """One task in a store of its own, so that each case can be compared with every other."""

    def __init__(self, scene: Scene, clock: ClockFile, name: str) -> None:
        super().__init__(scene, clock, name)
        (self.task_id,) = scene.due_tasks(store_id=self.store_id, every="1d")

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
