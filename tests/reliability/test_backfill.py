"""Backfills that are begun again, run beside each other and beside ticks, and are killed half-way."""

import json
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import text

from processor.rules.instants import iso
from processor.services import stores, tasks
from tests.reliability.extent import SEEDS
from tests.reliability.programs import Process
from tests.reliability.scene import LEASE_SECONDS, PATIENCE_SECONDS, Scene, three_turns
from tests.world import finishes

FAULT = "backfills"
MINUTE = 60
SLOTS = 16
SOON_SECONDS = 3
"""When the next slot of the schedule falls due."""
_REWIND = """
UPDATE tasks SET created_at = :at, updated_at = :at, cursor_at = :at, anchor_at = :anchor_at, next_run_at = :next_run_at
WHERE id = :id
"""
_OF_RANGE = """
SELECT l.scheduled_time, l.disposition, r.state, r.trigger, r.started_at
FROM processed_task_executions AS l LEFT JOIN runs AS r ON r.id = l.run_id
WHERE l.task_id = :id AND l.scheduled_time BETWEEN :from_at AND :until_at ORDER BY l.scheduled_time
"""

pytestmark = pytest.mark.slow


class Range:
    """A task that missed its slots, minute by minute, and some of them to be run."""

    def __init__(self, scene: Scene, missed: int = 60) -> None:
        self._scene = scene
        self.now = int(time.time())
        first = self.now + SOON_SECONDS - (missed + 15) * MINUTE
        with scene.opened() as database, database.writing() as work:
            store = stores.get(work, "default").id
            given = {"name": "Minutely", "prompt": "Make two cards", "every": "1m"}
            self.task_id = tasks.create(work, store, given, {"create_card", "write_note", "finish_run"}).id  # type: ignore[arg-type]
            rewound = {"at": first - 1, "anchor_at": first, "next_run_at": first}
            work.connection.execute(text(_REWIND), {"id": self.task_id, **rewound})
        scene.counts["slots_accounted_for"] += missed
        self.from_at = first + 5 * MINUTE
        self.until_at = self.from_at + (SLOTS - 1) * MINUTE

    def command(self, slots: int = SLOTS, *options: str) -> tuple[str, ...]:
        until_at = self.from_at + (slots - 1) * MINUTE
        of_range = ("--task", self.task_id, "--from", iso(self.from_at), "--to", iso(until_at))
        return ("backfill", *of_range, "--json", *options)

    def start(self, *options: str, slots: int = SLOTS) -> Process:
        return self._scene.start(*self.command(slots, *options), program="processor")

    def run(self, *options: str, slots: int = SLOTS) -> dict[str, int]:
        """A whole backfill; what it says it did."""
        return said(self.start(*options, slots=slots))

    def rows(self, until_at: int | None = None) -> list[tuple[int, str, str, str, int]]:
        """What became of the slots: time, disposition, and state, trigger and start of their first run."""
        span = {"id": self.task_id, "from_at": self.from_at, "until_at": until_at or self.until_at}
        with self._scene.opened() as database, database.reading() as work:
            return [tuple(row) for row in work.connection.execute(text(_OF_RANGE), span)]

    def require_complete(self, slots: int = SLOTS) -> None:
        """Each slot of the range has had its one run, for which nobody else asked."""
        expected = [(self.from_at + number * MINUTE, "claimed", "succeeded", "backfill") for number in range(slots)]
        assert [row[:4] for row in self.rows(self.from_at + (slots - 1) * MINUTE)] == expected
        runs = self._scene.ask(
            "SELECT count(*) FROM runs WHERE trigger = 'backfill' AND task_id = :id", id=self.task_id
        )
        assert runs == slots


def said(process: Process) -> dict[str, int]:
    assert process.wait(PATIENCE_SECONDS) == 0, process.log.read_text()[-2_000:]
    shown: dict[str, int] = json.loads(process.out.read_text())
    return shown


def succeeded(processes: Sequence[Process]) -> int:
    """How many runs they say they have seen through."""
    return sum(process.events("run.succeeded") for process in processes if process.log.exists())


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.fixture
def missed(scene: Scene) -> Range:
    scene.script(three_turns(delay_seconds=0.02))
    made = Range(scene)
    assert scene.start().wait() == 0
    return made


def test_a_second_backfill_finds_nothing_to_do(missed: Range) -> None:
    first, second = missed.run(), missed.run()
    assert (first["claimed"], first["left"]) == (SLOTS, 0)
    assert second["slots"] == 0
    missed.require_complete()


def test_five_at_once_share_the_slots(scene: Scene, missed: Range) -> None:
    ways = ((), ("--newest-first",), (), ("--newest-first",), ())
    reports = [said(process) for process in [missed.start(*way) for way in ways]]

    assert sum(report.get("claimed", 0) for report in reports) == SLOTS
    assert all(report.get("left", 0) == 0 for report in reports)
    scene.counts["runs"] += SLOTS
    missed.require_complete()


def test_a_slot_that_falls_due_goes_first_however_many_ticks_run_beside(scene: Scene, missed: Range) -> None:
    scene.script(three_turns(delay_seconds=0.1))
    due_at = missed.now + SOON_SECONDS
    backfill = missed.start()
    while not backfill.ended(0.2):
        assert scene.start().wait() == 0
        scene.counts["ticks"] += 1
    scene.settle()

    report = said(backfill)
    assert (report["claimed"], report["left"]) == (SLOTS, 0)
    rows = missed.rows(due_at)
    (of_schedule,) = [row for row in rows if row[0] == due_at]
    assert of_schedule[1:4] == ("claimed", "succeeded", "schedule")
    later = [row for row in rows if row[3] == "backfill" and row[4] > of_schedule[4]]
    assert later, "the backfill was over before the slot fell due"
    missed.require_complete()


@pytest.mark.parametrize("seed", SEEDS[::3])
def test_one_that_is_killed_again_and_again_is_completed(scene: Scene, missed: Range, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(3):
        beside = [missed.start() for _ in range(chance.randint(1, 3))]
        wanted = chance.randint(1, 3)
        wait_until(lambda: succeeded(beside) >= wanted)  # noqa: B023 (ends within)
        time.sleep(chance.uniform(0, 0.3))
        for process in beside:
            process.send(signal.SIGKILL)
            process.wait()
            scene.counts["signals_sent"] += 1
            scene.counts["kills_that_hit_a_live_run"] += scene.live_runs_of(process) > 0
        time.sleep(chance.choice([0, LEASE_SECONDS + 1]))

    assert missed.run()["left"] == 0
    missed.require_complete()


def test_one_that_is_killed_at_any_of_its_steps_is_completed(scene: Scene) -> None:
    """The one slot lies within a range row, which must be split for it."""
    scene.script([finishes()])
    ranges = [Range(scene, missed=1_100)]
    assert scene.start().wait() == 0
    journal = scene.folder / "journal"
    watched = scene.start(*ranges[0].command(1), program="processor", instrument={"journal": str(journal)})
    assert said(watched)["succeeded"] == 1
    steps = len(journal.read_text().splitlines())
    ranges += [Range(scene, missed=1_100) for _ in range(steps)]
    assert scene.start().wait() == 0

    for step, each in enumerate(ranges[1:], start=1):
        killed = {"journal": str(scene.folder / f"journal-{step}"), "kill_at": step}
        process = scene.start(*each.command(1), program="processor", instrument=killed)
        assert process.wait() == -signal.SIGKILL
        scene.counts["signals_sent"] += 1
        scene.counts["kills_that_hit_a_live_run"] += scene.live_runs_of(process) > 0

    found = Counter(said(each.start(slots=1)).get("left", 0) for each in ranges)
    assert found == {0: steps + 1}
    scene.settle()
    for each in ranges:
        each.require_complete(slots=1)
