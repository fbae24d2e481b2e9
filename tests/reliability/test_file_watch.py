"""kill -9 during looks at files, at random and at every write: each change is told once, and none before it settles."""

import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from processor.services import tasks
from tests.conftest import ClockFile
from tests.reliability.boundaries import LEASE_SECONDS, Killed
from tests.reliability.file_matcher import Report, acts, mismatches, reports
from tests.reliability.file_unrest import MANY
from tests.reliability.scene import Scene
from tests.world import finishes

FAULT = "kill -9 during looks at files"
SETTLE = 60
LONGEST_LIFE_SECONDS = 0.4
PATIENCE = 6
"""Ticks, a settle time apart, in which everything comes to rest."""
TOLD = """
SELECT r.queued_at, c.path, c.change, c.size_bytes FROM run_changes AS c JOIN runs AS r ON r.id = c.run_id
JOIN tasks AS t ON t.id = r.task_id WHERE t.store_id = :store_id AND r.rerun_of IS NULL
"""
FEWEST_KILLS = 3
UNREST = Path(__file__).with_name("file_unrest.py")

pytestmark = pytest.mark.slow


class WatchCase(Killed):
    """A folder of its own, and a task that watches it and has looked."""

    def __init__(self, scene: Scene, clock: ClockFile, name: str) -> None:
        super().__init__(scene, clock, name)
        self.folder = scene.folder / f"{name} files"
        self.folder.mkdir()
        for number in range(2):
            (self.folder / f"old {number}").write_text("content")
        fields: Any = {"name": name, "prompt": "Look", "watch": f"{self.folder}/", "settle_seconds": SETTLE}
        with scene.opened() as database, database.writing() as work:
            self.task_id = tasks.create(work, self.store_id, fields, {"finish_run"}).id
        assert scene.start().wait() == 0

    def change(self) -> None:
        """A file comes, one changes, one goes."""
        (self.folder / "new").write_text("content")
        (self.folder / "old 0").write_text("other content")
        (self.folder / "old 1").unlink()

    def rest(self, ticks: int = PATIENCE) -> None:
        """Let undisturbed ticks finish everything."""
        for _ in range(ticks):
            self.clock.advance(SETTLE)
            tick = self.scene.start()
            assert tick.wait() == 0, tick.log.read_text()[-2_000:]
        assert self.scene.unfinished() == 0

    def told(self) -> list[Report]:
        with self.scene.opened() as database, database.reading() as work:
            statement = TOLD if work.dialect == "sqlite" else TOLD.replace(":store_id", "%(store_id)s")
            rows = work.cursor.execute(statement, {"store_id": self.store_id}).fetchall()
        return reports(list(rows), self.folder)


def test_wherever_a_look_is_killed_each_change_is_told_once(scene: Scene, clock: ClockFile) -> None:
    scene.script([finishes()])
    example = WatchCase(scene, clock, "undisturbed")
    example.change()
    assert example.tick() == 0
    first = len(example.passed())
    clock.advance(SETTLE)
    assert example.tick() == 0
    seams = example.passed()
    expected = {("new", "created", 7), ("old 0", "changed", 13), ("old 1", "deleted", None)}
    assert {(each.name, each.change, each.size_bytes) for each in example.told()} == expected
    assert (first, len(seams) - first) > (4, 8)
    wrong = {}
    for number, seam in enumerate(seams, start=1):
        case = WatchCase(scene, clock, f"killed at {number}")
        case.change()
        changed_at = clock.now
        if number > first:
            assert case.tick() == 0
            clock.advance(SETTLE)
        case.kill(kill_at=number if number <= first else number - first)
        case.rest(3)
        told = case.told()
        problems = {
            f"told {told}": sorted((each.name, each.change, each.size_bytes or 0) for each in told)
            != sorted((name, change, size or 0) for name, change, size in expected),
            "told in parts": len({each.at for each in told}) != 1,
            "told too early": min((each.at for each in told), default=0) < changed_at + SETTLE,
        }
        wrong[f"{number}: {seam}"] = [said for said, so in problems.items() if so]
    scene.counts["rounds"] += len(seams)
    assert {where: problems for where, problems in wrong.items() if problems} == {}


def test_whatever_another_process_does_each_change_is_told_once(scene: Scene, clock: ClockFile) -> None:
    scene.script([finishes()])
    chance = random.Random(11)
    case = WatchCase(scene, clock, "unrest")
    log = scene.folder / "unrest.log"
    arguments = [sys.executable, "-P", str(UNREST), str(case.folder), str(clock.path), str(log), "11"]
    with subprocess.Popen(arguments) as other:
        # However soon the other process is done, some ticks are killed: the looks after its last change count, too.
        while other.poll() is None or scene.counts["signals_sent"] <= FEWEST_KILLS:
            disturb(scene, chance)
            clock.advance(chance.choice((1, 20, SETTLE)))
        assert other.returncode == 0
    clock.advance(LEASE_SECONDS + 1)
    case.rest()

    told, done = case.told(), acts(log)
    assert sum(each.name.startswith("many/") for each in told) == MANY
    assert mismatches(done, told, case.folder, SETTLE) == []
    scene.counts["changes_told"] += len(told)


def disturb(scene: Scene, chance: random.Random) -> None:
    """A tick, or two at once, of which some are killed."""
    for process in [scene.start() for _ in range(chance.choice((1, 1, 2)))]:
        if chance.random() < 0.5 and not process.ended(chance.uniform(0, LONGEST_LIFE_SECONDS)):
            process.send(signal.SIGKILL)
            scene.counts["signals_sent"] += 1
        process.wait()
