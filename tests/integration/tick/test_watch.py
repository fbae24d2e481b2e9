"""Looks at a real folder, on both databases."""

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from processor.models import FileWatch, RunChange
from processor.storage import run_changes, watches
from processor.storage.statements import statement
from processor.tick import watch
from tests import looking
from tests.conftest import Stores
from tests.integration.tick.watching import SETTLE, Watching
from tests.rows import add_run
from tests.world import World

WHOLE = r"Seq Scan on (?!stores)|SCAN (?!told|json_each|f |\w+ (USING|VIRTUAL))"
"""How a database says that it reads a table from one end to the other."""


@pytest.fixture
def watching(world: World, tmp_path: Path) -> Watching:
    """A watch that has looked once, at two files."""
    root = tmp_path / "root"
    root.mkdir()
    watching = Watching(world, root)
    watching.write("a", "first")
    watching.write("b", "second")
    assert watching.look().run_id is None
    return watching


def test_what_is_there_at_the_first_look_is_known_and_read(watching: Watching) -> None:
    assert [(row.path, row.size_bytes, row.differs_since) for row in watching.remembered()] == [
        ("in/a", 5, None),
        ("in/b", 6, None),
    ]
    assert all(row.hash for row in watching.remembered())
    assert watching.settled() == []


def test_a_file_that_is_made_changed_deleted_or_renamed_is_told(watching: Watching) -> None:
    watching.write("new/c")
    watching.write("a", "changed")
    assert watching.settled() == [("in/a", "changed"), ("in/new/c", "created")]
    (watching.folder / "b").unlink()
    (watching.folder / "a").rename(watching.folder / "d")
    assert watching.settled() == [("in/a", "deleted"), ("in/b", "deleted"), ("in/d", "created")]
    assert watching.settled() == []
    assert [row.path for row in watching.remembered()] == ["in/d", "in/new/c"]


def test_the_run_is_one_of_the_task_that_watches(watching: Watching) -> None:
    watching.write("c")
    watching.look(1)
    recorded = watching.look(SETTLE)
    run = watching.world.run(watching.task_id)
    assert (run.id, run.trigger, run.state, run.scheduled_time) == (recorded.run_id, "file_watch", "queued", None)
    (told,) = watching.world.rows(RunChange)
    assert (told.run_id, told.path, told.size_bytes) == (run.id, str(watching.folder / "c"), 7)


def test_a_file_that_is_only_touched_has_not_changed(watching: Watching) -> None:
    os.utime(watching.folder / "a")
    assert watching.settled() == []
    assert [row.differs_since for row in watching.remembered()] == [None, None]


def test_a_change_that_keeps_the_size_is_told(watching: Watching) -> None:
    watching.write("a", "FIRST")
    assert watching.settled() == [("in/a", "changed")]


def test_a_file_replaced_by_one_of_the_same_size_and_time_has_changed(watching: Watching) -> None:
    at = (watching.folder / "a").stat()
    other = watching.write("../other", "FIRST")
    os.utime(other, ns=(at.st_atime_ns, at.st_mtime_ns))
    other.replace(watching.folder / "a")
    assert watching.settled() == [("in/a", "changed")]


def test_a_file_replaced_by_a_link_has_changed(watching: Watching) -> None:
    (watching.folder / "a").unlink()
    (watching.folder / "a").symlink_to("first")
    assert watching.settled() == [("in/a", "changed")]


def test_a_file_that_is_still_written_is_not_handed_on(watching: Watching) -> None:
    for content in ("x", "xx", "xxx"):
        watching.write("c", content)
        assert watching.look(SETTLE).run_id is None
    assert watching.look(SETTLE - 1).run_id is None
    assert watching.told(watching.look(1)) == [("in/c", "created")]


@pytest.mark.parametrize("offset", [-(10**9), 10**9])
def test_a_file_system_whose_clock_is_off_settles_by_ours(watching: Watching, offset: int) -> None:
    path = watching.write("c")
    os.utime(path, (watching.world.clock.now + offset,) * 2)
    watching.look(1)
    assert watching.look(SETTLE - 1).run_id is None
    assert watching.told(watching.look(1)) == [("in/c", "created")]


def test_a_burst_makes_one_run_though_looks_come_in_its_midst(watching: Watching) -> None:
    for number in range(3):
        watching.write(f"burst/{number}")
        assert watching.look(SETTLE).run_id is None
    assert len(watching.told(watching.look(SETTLE))) == 3
    assert len(watching.world.runs(watching.task_id)) == 1


def test_a_file_that_never_rests_holds_others_up_for_a_while_only(watching: Watching) -> None:
    watching.write("c")
    told = []
    for number in range(8):
        watching.write("log", "x" * number)
        told.append(watching.told(watching.look(SETTLE)))
    assert [each for each in told if each] == [[("in/c", "created")]]


def test_ten_thousand_files_at_once_make_one_run(watching: Watching) -> None:
    for number in range(10_000):
        (watching.folder / f"burst-{number:05}").touch()
    assert len(watching.settled()) == 10_000
    shutil.rmtree(watching.folder)
    watching.folder.mkdir()
    watching.write("a", "first")
    assert len(watching.settled()) == 10_001
    assert [row.path for row in watching.remembered()] == ["in/a"]


def test_changes_wait_while_a_run_is_open_and_are_merged(watching: Watching) -> None:
    run_id = watching.open_run()
    watching.write("c", "one")
    watching.write("d")
    assert watching.settled() == []
    watching.write("c", "other")
    (watching.folder / "d").unlink()
    assert watching.settled() == []
    watching.end(run_id)
    assert watching.told(watching.look()) == [("in/c", "created")]


def test_a_run_that_comes_between_look_and_record_keeps_the_changes_for_the_next(watching: Watching) -> None:
    watching.write("c")
    watching.look(1)
    watching.world.clock.advance(SETTLE)
    before = watching.watch()
    run_id = watching.open_run()
    assert looking.look(watching.world.database, str(watching.root), before).run_id is None
    watching.end(run_id)
    assert watching.told(watching.look()) == [("in/c", "created")]


def test_of_two_looks_at_once_one_is_kept(watching: Watching) -> None:
    watching.write("c")
    watching.look(1)
    watching.world.clock.advance(SETTLE)
    before = watching.watch()
    looks = [watch.seen(watching.world.database, str(watching.root), before) for _ in range(2)]
    kept = [looking.kept(watching.world.database, before, look) for look in looks]
    assert [each.is_kept for each in kept] == [True, False]
    assert len(watching.world.runs(watching.task_id)) == watching.told_at_all() == 1


def test_a_look_at_unchanged_files_writes_nothing(watching: Watching) -> None:
    (before,) = watching.world.rows(FileWatch)
    watching.look(SETTLE)
    (after,) = watching.world.rows(FileWatch)
    assert after.look_count == before.look_count


def test_an_edit_of_the_path_begins_anew(watching: Watching) -> None:
    watching.write("../other/x")
    watching.change(watch_path="other/")
    assert watching.settled() == []
    assert [row.path for row in watching.remembered()] == ["other/x"]
    watching.write("../other/y")
    assert watching.settled() == [("other/y", "created")]


def test_a_look_that_was_overtaken_by_an_edit_is_dropped(watching: Watching) -> None:
    watching.write("c")
    before = watching.watch()
    look = watch.seen(watching.world.database, str(watching.root), before)
    watching.change(watch_path="other/")
    assert not looking.kept(watching.world.database, before, look).is_kept
    assert watching.watch().has_moved


@pytest.mark.parametrize("columns", [{"enabled": False}, {"paused_until": 4_000_000_000}])
def test_a_task_that_was_stopped_during_a_look_gets_no_run(watching: Watching, columns: dict[str, Any]) -> None:
    watching.write("c")
    watching.look(1)
    watching.world.clock.advance(SETTLE)
    before = watching.watch()
    look = watch.seen(watching.world.database, str(watching.root), before)
    watching.change(**columns)
    assert not looking.kept(watching.world.database, before, look).is_kept
    assert watching.world.runs(watching.task_id) == []
    watching.change(enabled=True, paused_until=None)
    assert watching.told(watching.look()) == [("in/c", "created")]


def test_a_task_that_was_deleted_during_a_look_gets_no_run(watching: Watching) -> None:
    watching.write("c")
    before = watching.watch()
    look = watch.seen(watching.world.database, str(watching.root), before)
    with watching.world.database.writing() as work:
        work.run("tasks.delete", store_id=watching.store_id, id=watching.task_id)
    assert not looking.kept(watching.world.database, before, look).is_kept
    assert watching.remembered() == []
    assert watching.world.rows(FileWatch) == []


def test_a_look_that_is_killed_before_it_is_kept_has_never_been(watching: Watching) -> None:
    watching.write("c")
    watching.look(1)
    watching.world.clock.advance(SETTLE)
    before = watching.watch()
    look = watch.seen(watching.world.database, str(watching.root), before)
    with watching.world.database.reading() as work:  # undone at its end, as by a kill
        assert watches.record(work, before, look).run_id is not None
    assert watching.world.runs(watching.task_id) == []
    assert watching.told(watching.look()) == [("in/c", "created")]
    assert watching.settled() == []


def test_a_disabled_or_paused_watch_does_not_look(watching: Watching) -> None:
    for columns in ({"enabled": False}, {"enabled": True, "paused_until": 4_000_000_000}):
        watching.change(**columns)
        with pytest.raises(StopIteration):
            watching.watch()


def test_a_run_that_repeats_another_is_told_the_same(watching: Watching, stores: Stores) -> None:
    watching.write("c")
    watching.look(1)
    run_id = watching.look(SETTLE).run_id
    assert run_id is not None
    with watching.world.database.writing() as work:
        first = add_run(work, watching.store_id, watching.task_id, "queued", rerun_of=run_id)
        again = add_run(work, watching.store_id, watching.task_id, "queued", rerun_of=first)
        told = run_changes.told(work, watching.store_id, run_id, limit=10)
        assert run_changes.told(work, watching.store_id, again, limit=10) == told
        assert run_changes.count(work, watching.store_id, again) == len(told) == 1
        assert run_changes.told(work, stores.stranger, again, limit=10) == []


def test_what_one_store_watches_says_nothing_about_another(world: World, tmp_path: Path, stores: Stores) -> None:
    mine = Watching(world, tmp_path, store_id=stores.mine)
    theirs = Watching(world, tmp_path, store_id=stores.stranger)
    for each in (mine, theirs):
        each.look()
    mine.write("a")
    assert mine.settled() == [("in/a", "created")]
    assert theirs.remembered() == []
    assert theirs.settled() == [("in/a", "created")]


def test_no_statement_of_a_look_reads_a_whole_table(watching: Watching) -> None:
    database = watching.world.database
    explain = "EXPLAIN QUERY PLAN " if database.dialect == "sqlite" else "EXPLAIN "
    values = {"task_id": watching.task_id, "store_id": None, "skipped_count": 0, "after_path": "", "limit": 10}
    values |= {"run_id": watching.task_id, "paths": "[]", "watch_path": "in/"}
    names = ("list", "remembered", "lock", "forget", "forget_files", "forget_other", "changes", "changes_count")
    with database.writing() as work:
        if database.dialect == "postgresql":
            work.cursor.execute("SET LOCAL enable_seqscan = off")  # on so few rows it would read them whole
        for name in names:
            text = statement(database.dialect, f"watches.{name}").text
            work.cursor.execute(explain + text, {"now": work.now} | values)
            lines = [str(row[-1]) for row in work.cursor.fetchall()]
            assert [line for line in lines if re.match(WHOLE, line.strip(" ->"))] == [], name
