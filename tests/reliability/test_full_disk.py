"""A disk that is full or read-only under SQLite: stated exit codes, nothing broken, all done once it is well again."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reliability.mounts import Mount, mounted
from tests.reliability.outcome import shortcomings
from tests.reliability.scene import Scene

FAULT = "disk full or read-only"
MEGABYTES = 8
FREE_KILOBYTES = (0, 16, 36, 48, 64, 96, 128, 160, 192, 256, 320, 512, 1024)
"""From nothing, through a full disk amid a run, to enough."""

pytestmark = pytest.mark.slow


@pytest.fixture
def disk(tmp_path: Path, sqlite_template: Path) -> Iterator[Mount]:
    with mounted(tmp_path / "disk", MEGABYTES) as mount:
        shutil.copy(sqlite_template, mount.path / "processor.db")
        yield mount


@pytest.fixture
def database_url(disk: Mount) -> str:
    return disk.url


def test_a_disk_that_fills_up_anywhere_in_a_tick_is_a_passing_fault(scene: Scene, disk: Mount) -> None:
    codes = []
    for kilobytes in FREE_KILOBYTES:
        scene.due_tasks(4)
        disk.leave_free(kilobytes * 1024)
        tick = scene.start()
        codes.append(tick.wait())
        assert codes[-1] in (0, 75), tick.log.read_text()[-3_000:]
        disk.make_room()
        assert scene.ask("PRAGMA integrity_check") == "ok"
        scene.settle(pause_seconds=0)
    scene.counts["ticks_at_75"] += codes.count(75)
    assert codes[0] == 75
    assert 3 < codes.count(75) < len(codes), codes
    with scene.opened() as database:
        assert shortcomings(database) == []


def test_a_disk_that_is_read_only_is_a_matter_of_configuration_until_it_is_not(scene: Scene, disk: Mount) -> None:
    scene.due_tasks(2)
    disk.become("ro")

    tick = scene.start()
    assert tick.wait() == 78, tick.log.read_text()[-3_000:]
    assert "its folder writable" in tick.log.read_text()

    disk.become("rw")
    scene.settle()
    with scene.opened() as database:
        assert shortcomings(database) == []
