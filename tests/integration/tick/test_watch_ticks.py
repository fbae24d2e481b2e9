"""Ticks look at watched files, and execute the runs that come of it."""

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from processor.models import Event, FileWatch, RunChange, WatchedFile
from processor.services import tasks
from processor.services.instants import moment
from processor.tick import watch
from processor.tick.looks import Looks
from processor.tick.tick import EXIT_BUG
from tests.conftest import Stores
from tests.world import DEFAULT_STORE, World

SETTLE = 60


@pytest.fixture
def folder(world: World) -> Path:
    """A folder below the program's root."""
    folder = Path(world.settings.root) / "in"
    folder.mkdir()
    return folder


@pytest.fixture
def task_id(world: World, folder: Path) -> str:
    """A task that watches the folder, which is empty, and has looked."""
    task_id = world.task(watch="in/")
    assert world.tick().idle
    assert folder.is_dir()
    return task_id


def told(world: World, task_id: str) -> list[str]:
    (run,) = world.runs(task_id)
    return [Path(row.path).name for row in world.rows(RunChange, "path", run_id=run.id)]


def test_what_has_settled_is_run_in_the_tick_that_finds_it(world: World, folder: Path, task_id: str) -> None:
    (folder / "a").write_text("content")
    assert world.tick().idle
    world.clock.advance(SETTLE)

    report = world.tick()

    assert (report.due, report.claimed, report.succeeded) == (1, 1, 1)
    (run,) = world.runs(task_id)
    assert (run.trigger, run.state, run.scheduled_time) == ("file_watch", "succeeded", None)
    assert told(world, task_id) == ["a"]
    assert [(row.subject_id, row.store_id) for row in world.rows(Event, name="files.changed")] == [
        (run.id, DEFAULT_STORE)
    ]


def test_a_tick_of_one_store_leaves_the_watches_of_others_alone(world: World, folder: Path, stores: Stores) -> None:
    world.task(stores.mine, watch="in/")
    world.task(stores.stranger, watch="in/")
    (folder / "a").write_text("content")
    world.tick(store_id=stores.mine)
    assert [row.store_id for row in world.rows(FileWatch)] == [stores.mine]


def test_one_watch_that_cannot_be_read_does_not_stop_the_others(world: World, folder: Path, task_id: str) -> None:
    broken = world.task(watch="elsewhere/")
    world.change(world.row(broken), watch_path="../elsewhere")
    (folder / "a").write_text("content")
    with capture_logs() as lines:
        world.tick()
    assert [line["task_id"] for line in lines if line["event"] == "watch.unavailable"] == [broken]
    world.clock.advance(SETTLE)
    world.tick()
    assert told(world, task_id) == ["a"]


def test_a_bug_in_one_look_stops_neither_other_looks_nor_runs(
    world: World, folder: Path, task_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a").write_text("content")
    for _ in range(2):
        world.tick()
        world.clock.advance(SETTLE)
    (folder / "a").unlink()
    world.tick()
    world.clock.advance(SETTLE)
    buggy = world.task(watch="other/")
    (folder.parent / "other").mkdir()
    (folder.parent / "other" / "b").write_text("content")
    monkeypatch.setattr(watch, "READ_BYTES", None)
    with capture_logs() as lines:
        report = world.tick()
    assert [line["task_id"] for line in lines if line["event"] == "watch.failed"] == [buggy]
    assert (report.exit_code, report.succeeded, len(world.runs(task_id))) == (EXIT_BUG, 1, 2)


def test_under_the_emergency_stop_changes_become_a_run_that_waits(world: World, folder: Path, task_id: str) -> None:
    (folder / "a").write_text("content")
    world.tick()
    Path(world.settings.stop_file).touch()
    world.clock.advance(SETTLE)

    report = world.tick()

    assert (report.due, report.claimed, report.succeeded) == (1, 1, 0)
    assert world.run(task_id).state == "queued"


def test_without_a_credential_changes_wait_and_the_tick_says_so(
    world: World, folder: Path, task_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    world.set(model="anthropic")
    assert world.tick().exit_code == 0
    (folder / "a").write_text("content")
    assert world.tick().exit_code == 0, "nothing has settled yet"
    world.clock.advance(SETTLE)

    report = world.tick()

    assert report.exit_code == 78
    assert "set ANTHROPIC_API_KEY" in str(report.error)
    assert world.runs(task_id) == []

    world.set(model="rehearsal")
    assert world.tick().succeeded == 1
    assert told(world, task_id) == ["a"]


def test_without_a_credential_a_file_that_was_only_touched_is_nothing(
    world: World, folder: Path, task_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a").write_text("content")
    for _ in range(2):
        world.tick()
        world.clock.advance(SETTLE)
    monkeypatch.setenv("HOME", str(tmp_path))
    world.set(model="anthropic")
    (folder / "a").write_text("content")
    for _ in range(2):
        assert world.tick().exit_code == 0
        world.clock.advance(SETTLE)
    assert told(world, task_id) == ["a"]


def test_what_changed_during_a_pause_is_told_once_and_in_one_run(world: World, folder: Path, task_id: str) -> None:
    (folder / "old").write_text("content")
    world.change(world.row(task_id), enabled=False)
    world.tick()
    assert world.rows(WatchedFile) == []
    world.change(world.row(task_id), enabled=True)
    with world.database.writing() as work:
        tasks.pause(work, DEFAULT_STORE, task_id, world.clock.now + 600)
    for name in ("a", "b"):
        (folder / name).write_text("content")
        world.clock.advance(200)
        world.tick()
    assert world.rows(WatchedFile) == []
    world.clock.advance(200)
    world.tick()
    assert world.row(task_id).paused_until is None
    world.clock.advance(SETTLE)
    world.tick()
    assert told(world, task_id) == ["a", "b", "old"]


def test_a_pause_that_was_prolonged_meanwhile_goes_on(world: World, task_id: str) -> None:
    until = world.clock.now + 600
    world.change(world.row(task_id), paused_until=moment(world.clock.now - 1))

    async def prolonged() -> None:
        looks = Looks(world.database, world.settings, None)
        world.change(world.row(task_id), paused_until=moment(until))
        async with looks:
            while await looks.under_way(1):
                pass

    asyncio.run(prolonged())
    assert world.row(task_id).paused_until == moment(until)


def test_a_look_that_takes_too_long_is_a_warning_and_is_tried_again(world: World, folder: Path, task_id: str) -> None:
    (folder / "a").write_text("content")

    async def hastened() -> int:
        async with Looks(world.database, world.settings, None, most_look_seconds=0) as looks:
            while await looks.under_way(1):
                pass
        return looks.runs

    with capture_logs() as lines:
        assert asyncio.run(hastened()) == 0
    (row,) = world.rows(FileWatch)
    assert "longer than 0 s" in str(row.warning)
    assert [line["event"] for line in lines] == ["watch.unavailable"]
    world.tick()
    world.clock.advance(SETTLE)
    world.tick()
    assert told(world, task_id) == ["a"]
    assert world.rows(FileWatch)[0].warning is None


def test_looks_that_are_given_up_in_the_middle_leave_the_watch_for_the_next_tick(
    world: World, folder: Path, task_id: str
) -> None:
    (folder / "a").write_text("content")

    async def left() -> None:
        async with Looks(world.database, world.settings, None):
            pass

    asyncio.run(left())
    assert world.rows(WatchedFile) == []
    world.tick()
    world.clock.advance(SETTLE)
    world.tick()
    assert told(world, task_id) == ["a"]


def test_watches_with_a_warning_come_last(world: World, folder: Path, stores: Stores) -> None:
    made = [world.task(stores.mine, watch="in/") for _ in range(3)]
    world.tick()
    for each in sorted(made)[:2]:
        (row,) = world.rows(FileWatch, task_id=each)
        world.change(row, warning="it hangs")
    with world.database.reading() as work:
        found = [row.id for row in work.all("watches.list", now=work.now, store_id=None)]
    assert found == [sorted(made)[2], *sorted(made)[:2]]
    assert folder.is_dir()
