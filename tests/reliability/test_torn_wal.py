"""A write-ahead log whose end is cut off or garbled, as a machine that lost its power leaves it."""

import random
import shutil
import signal
from pathlib import Path

import pytest

from tests.reliability.extent import TIMES
from tests.reliability.outcome import shortcomings
from tests.reliability.programs import Programs
from tests.reliability.scene import Scene, three_turns

FAULT = "torn WAL"
TEARS = 24 * TIMES
FULL_ENOUGH_BYTES = 200_000
WAL_HEADER_BYTES = 32
FRAME_BYTES = 24 + 4096
"""https://www.sqlite.org/fileformat2.html#the_write_ahead_log"""

pytestmark = pytest.mark.slow


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def left_by_a_killed_tick(scene: Scene) -> tuple[Path, Path]:
    """The database and its log as they are when a tick is killed amid its runs."""
    scene.due_tasks(6)
    scene.script(three_turns(delay_seconds=0.05))
    database = Path(scene.environment["PROCESSOR_DATABASE_URL"].removeprefix("sqlite:///"))
    log = database.with_name(f"{database.name}-wal")
    tick = scene.start()
    while not log.exists() or log.stat().st_size < FULL_ENOUGH_BYTES:
        assert not tick.ended(0.005), tick.log.read_text()[-2_000:]
    tick.send(signal.SIGKILL)
    tick.wait()
    kept = scene.folder / "kept"
    kept.mkdir()
    return Path(shutil.copy(database, kept)), Path(shutil.copy(log, kept))


def torn(content: bytes, chance: random.Random) -> bytes:
    """The log with an end that was never written, or written as something else."""
    frames = (len(content) - WAL_HEADER_BYTES) // FRAME_BYTES
    boundary = WAL_HEADER_BYTES + chance.randrange(frames + 1) * FRAME_BYTES
    place = chance.choice([boundary, boundary + chance.randrange(FRAME_BYTES), chance.randrange(len(content))])
    rest = len(content) - min(place, len(content))
    return content[:place] + chance.choice([b"", b"\0" * rest, chance.randbytes(rest)])


def test_a_torn_log_loses_its_end_and_nothing_else(scene: Scene, programs: Programs, tmp_path: Path) -> None:
    database, log = left_by_a_killed_tick(scene)
    chance = random.Random(3)
    for number in range(TEARS):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = Path(shutil.copy(database, folder))
        (folder / log.name).write_bytes(torn(log.read_bytes(), chance))
        after = Scene(f"sqlite:///{path}", folder / "scene", programs)
        tick = after.start()
        assert tick.wait() == 0, tick.log.read_text()[-2_000:]
        after.settle()
        assert after.ask("PRAGMA integrity_check") == "ok"
        assert after.findings() == []
        with after.opened() as opened:
            assert shortcomings(opened) == []
        scene.counts["rounds"] += 1
    scene.settle()
