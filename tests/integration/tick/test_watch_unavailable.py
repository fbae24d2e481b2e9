"""What a look makes of folders that are missing, mounts that are gone, and what may not be read."""

import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from processor.models import FileWatch
from processor.storage import files
from processor.storage.files import MOST_READ_BYTES
from processor.tick import watch
from tests.integration.tick.watching import SETTLE, Watching
from tests.permissions import permissions_count
from tests.world import World


@pytest.fixture
def watching(world: World, tmp_path: Path) -> Watching:
    """A watch that has looked once, at one file."""
    root = tmp_path / "root"
    root.mkdir()
    watching = Watching(world, root)
    watching.write("a", "first")
    watching.look()
    return watching


def warning(watching: Watching) -> str | None:
    (row,) = watching.world.rows(FileWatch, task_id=watching.task_id)
    return row.warning


def test_a_folder_that_vanishes_keeps_its_files_until_it_is_back(watching: Watching) -> None:
    watching.folder.rename(watching.root / "away")
    assert watching.settled() == []
    assert "No such file" in str(warning(watching))
    assert [row.differs_since for row in watching.remembered()] == [None]
    (watching.root / "away").rename(watching.folder)
    watching.write("b")
    assert watching.settled() == [("in/b", "created")]
    assert warning(watching) is None


def test_a_folder_below_the_watched_one_that_vanishes_takes_its_files_along(watching: Watching) -> None:
    watching.write("below/b")
    assert watching.settled() == [("in/below/b", "created")]
    shutil.rmtree(watching.folder / "below")
    assert watching.settled() == [("in/below/b", "deleted")]


def test_a_path_that_was_a_folder_and_is_missing_is_no_deleted_file(watching: Watching) -> None:
    watching.change(watch_path="in")
    watching.look()
    watching.folder.rename(watching.root / "away")
    assert watching.settled() == []
    assert [row.path for row in watching.remembered()] == ["in/a"]


def test_an_empty_folder_on_another_file_system_is_a_missing_mount(watching: Watching) -> None:
    (row,) = watching.world.rows(FileWatch)
    watching.world.change(row, device=(row.device or 0) + 1)
    (watching.folder / "a").unlink()
    assert watching.settled() == []
    assert "another file system" in str(warning(watching))
    watching.write("a", "other")
    assert watching.settled() == [("in/a", "changed")]


def test_what_comes_into_a_folder_that_was_missing_at_first_is_new(world: World, tmp_path: Path) -> None:
    watching = Watching(world, tmp_path, "later/*.csv")
    assert watching.settled() == []
    assert "No such file" in str(warning(watching))
    watching.write("../later/a.csv")
    assert watching.settled() == [("later/a.csv", "created")]


def test_a_file_that_is_watched_by_name_comes_goes_and_becomes_a_folder(world: World, tmp_path: Path) -> None:
    watching = Watching(world, tmp_path, "in/flag")
    assert watching.settled() == []
    watching.write("flag")
    assert watching.settled() == [("in/flag", "created")]
    (watching.folder / "flag").unlink()
    assert watching.settled() == [("in/flag", "deleted")]
    watching.write("flag/a")
    assert watching.settled() == [("in/flag/a", "created")]


def test_what_may_not_be_looked_into_is_not_gone(watching: Watching) -> None:
    watching.write("x/y")
    watching.write("z")
    watching.settled()
    (watching.folder / "x").chmod(0)
    with permissions_count():
        watching.write("new")
        assert watching.settled() == [("in/new", "created")]
    assert warning(watching) == f"{watching.folder}/x/: Permission denied"
    (watching.folder / "x").chmod(0o700)
    assert watching.settled() == []
    assert warning(watching) is None


def test_a_file_that_may_not_be_read_is_told_of_all_the_same(watching: Watching) -> None:
    watching.write("closed").chmod(0)
    with permissions_count():
        assert watching.settled() == [("in/closed", "created")]
        assert watching.settled() == []
        (watching.folder / "a").chmod(0)
        (watching.folder / "a").touch()
        assert watching.settled() == [("in/a", "changed")]


def test_a_watch_that_may_not_look_at_first_takes_what_it_finds_then_for_known(world: World, tmp_path: Path) -> None:
    watching = Watching(world, tmp_path)
    watching.write("a")
    watching.folder.chmod(0)
    with permissions_count():
        assert watching.settled() == []
    watching.folder.chmod(0o700)
    assert watching.settled() == []
    assert [row.path for row in watching.remembered()] == ["in/a"]


def test_what_cannot_be_looked_at_is_logged_once(watching: Watching) -> None:
    watching.folder.rename(watching.root / "away")
    with capture_logs() as logged:
        for _ in range(3):
            watching.look(SETTLE)
    assert [(line["event"], line["task_id"]) for line in logged] == [("watch.unavailable", watching.task_id)]


def test_a_file_too_large_to_be_read_has_changed_when_it_is_touched(watching: Watching) -> None:
    large = watching.write("large")
    with large.open("r+b") as file:
        file.truncate(MOST_READ_BYTES + 1)
    assert watching.settled() == [("in/large", "created")]
    large.touch()
    assert watching.settled() == [("in/large", "changed")]


def test_a_watch_of_too_many_files_is_told_and_hands_nothing_on(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 3)
    for name in ("b", "c/d", "c/e"):
        watching.write(name)
    assert watching.settled() == []
    assert warning(watching) == f"{watching.folder} holds more than 3 files and folders: watch less of it"
    watching.change(watch_path="in/*")
    watching.look()
    assert warning(watching) is None


def test_one_look_reads_so_much_and_the_next_ones_go_on(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "READ_BYTES", 1)
    for name in ("b", "c"):
        watching.write(name)
    assert len(watching.settled()) == 2
    for _ in range(3):
        watching.look(1)
    assert all(row.hash for row in watching.remembered())
    for name in ("a", "b", "c"):
        (watching.folder / name).touch()
    for _ in range(4):
        assert watching.told(watching.look(SETTLE)) == []
    assert [row.differs_since for row in watching.remembered()] == [None] * 3
