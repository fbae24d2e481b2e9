"""Backfills of a job that run beside each other, and are killed half-way."""

import json
import signal
import time

import pytest
from sqlalchemy import text

from processor.rules.instants import iso
from processor.services import jobs, stores, tasks
from tests.reliability.programs import Process
from tests.reliability.scene import LEASE_SECONDS, PATIENCE_SECONDS, Scene, three_turns

FAULT = "backfills"
HOUR = 3_600
SLOTS = 6
STEPS = 2
_REWIND = """
UPDATE jobs SET created_at = :at, updated_at = :at, cursor_at = :at, anchor_at = :first_at, next_run_at = :first_at
WHERE id = :id
"""
_PASSES = """
SELECT p.scheduled_time, p.state, p.trigger, (
        SELECT count(*) FROM runs AS r WHERE r.job_run_id = p.id AND r.state = 'succeeded'
    )
FROM job_runs AS p JOIN processed_job_executions AS l ON l.job_run_id = p.id
WHERE p.job_id = :id ORDER BY p.scheduled_time
"""

pytestmark = pytest.mark.slow


class Missed:
    """A job of two tasks that missed six slots, hour by hour."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        # The next slot of its own is half an hour away.
        self.first_at = int(time.time()) - SLOTS * HOUR + HOUR // 2
        with scene.opened() as database, database.writing() as work:
            store = stores.get(work, "default").id
            self.job_id = jobs.create(work, store, {"name": "Hourly", "every": "1h"}).id
            for name in ("First", "Second"):
                step = {"name": name, "prompt": "Make two cards", "job_id": self.job_id, "schedule_type": "sequential"}
                tasks.create(work, store, step, {"create_card", "write_note", "finish_run"})  # type: ignore[arg-type]
            rewound = {"at": self.first_at - 1, "first_at": self.first_at}
            work.connection.execute(text(_REWIND), {"id": self.job_id, **rewound})
        scene.counts["slots_accounted_for"] += SLOTS

    def start(self, *options: str) -> Process:
        of_range = ("--from", iso(self.first_at), "--to", iso(int(time.time())))
        command = ("backfill", "--job-id", self.job_id, *of_range, "--json", *options)
        return self._scene.start(*command, program="processor")

    def require_complete(self) -> None:
        """Each slot has had its one pass, in which each step ran once."""
        with self._scene.opened() as database, database.reading() as work:
            passes = [tuple(row) for row in work.connection.execute(text(_PASSES), {"id": self.job_id})]
        slots = [self.first_at + number * HOUR for number in range(SLOTS)]
        assert passes == [(slot, "succeeded", "schedule", STEPS) for slot in slots]
        assert self._scene.ask("SELECT count(*) FROM runs") == SLOTS * STEPS


@pytest.fixture
def missed(scene: Scene) -> Missed:
    scene.script(three_turns(delay_seconds=0.02))
    made = Missed(scene)
    assert scene.start().wait() == 0
    return made


def said(process: Process) -> dict[str, int]:
    assert process.wait(PATIENCE_SECONDS) == 0, process.log.read_text()[-2_000:]
    shown: dict[str, int] = json.loads(process.out.read_text())
    return shown


def test_three_at_once_beside_ticks_share_the_slots(scene: Scene, missed: Missed) -> None:
    beside = [missed.start(), missed.start("--newest-first"), missed.start()]
    assert scene.start().wait() == 0
    reports = [said(process) for process in beside]

    assert sum(report.get("claimed", 0) for report in reports) == SLOTS
    assert all(report.get("left", 0) == 0 for report in reports)
    scene.settle()
    missed.require_complete()


def test_one_that_is_killed_again_and_again_is_completed(scene: Scene, missed: Missed) -> None:
    for seconds in (0.1, 0.2):
        process = missed.start()
        until = time.monotonic() + PATIENCE_SECONDS
        while not (process.log.exists() and process.events("turn.recorded")):
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(seconds)
        process.send(signal.SIGKILL)
        process.wait()
        scene.counts["signals_sent"] += 1
        scene.counts["kills_that_hit_a_live_run"] += scene.live_runs_of(process) > 0
        time.sleep(LEASE_SECONDS + 1)

    assert said(missed.start())["left"] == 0
    missed.require_complete()
