"""A SQLite file that another process keeps locked, for shorter and for longer than a writer waits."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from processor.storage.sqlite_library import BUSY_TIMEOUT_MS
from tests.conftest import ROOT
from tests.reliability.outcome import shortcomings
from tests.reliability.scene import Scene, three_turns

FAULT = "database locked"
SHORT_SECONDS = 1.5
LONG_SECONDS = BUSY_TIMEOUT_MS / 1000 + 2
TURN_SECONDS = 0.5
LOCK = """
import sys
from processor.storage.sqlite_library import sqlite

connection = sqlite.connect(sys.argv[1], timeout=60, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@contextmanager
def locked(scene: Scene, seconds: float) -> Iterator[threading.Timer]:
    """Another process has the lock, for so long; it dies with it, as a crashed writer would."""
    path = scene.environment["PROCESSOR_DATABASE_URL"].removeprefix("sqlite:///")
    command = [sys.executable, "-P", "-c", LOCK, path]
    with subprocess.Popen(
        command, env={"PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        yield timer
        timer.cancel()
        process.kill()


@pytest.mark.parametrize(("seconds", "code"), [(SHORT_SECONDS, 0), (LONG_SECONDS, 75)])
def test_a_tick_that_finds_it_locked_waits_and_leaves_in_the_end(scene: Scene, seconds: float, code: int) -> None:
    scene.due_tasks(3)
    with locked(scene, seconds):
        tick = scene.start()
        assert tick.wait() == code, tick.log.read_text()[-3_000:]
    assert (scene.unfinished() == 0 and scene.due() == 0) == (code == 0)

    finish(scene)


@pytest.mark.parametrize(("seconds", "code"), [(SHORT_SECONDS, 0), (LONG_SECONDS, 75)])
def test_a_tick_whose_runs_find_it_locked_waits_and_leaves_in_the_end(scene: Scene, seconds: float, code: int) -> None:
    scene.due_tasks(3)
    scene.script(three_turns(delay_seconds=TURN_SECONDS))
    tick = scene.start()
    assert not tick.ended(TURN_SECONDS * 1.5)
    with locked(scene, seconds):
        assert tick.wait() == code, tick.log.read_text()[-3_000:]

    finish(scene)


def finish(scene: Scene) -> None:
    """Nobody helps but the next tick."""
    scene.settle()
    scene.counts["rounds"] += 1
    with scene.opened() as database:
        assert shortcomings(database) == []
