"""Tasks that watch files are made, changed and suspended like others."""

from typing import Any

import pytest

from processor.errors import InvalidInput
from processor.models import Task
from processor.services import tasks
from processor.services.instants import epoch_or_none
from processor.services.tasks import TaskFields
from processor.storage.database import Database
from processor.storage.watches import watches
from processor.storage.work import Work
from tests.conftest import MONDAY_MORNING, ClockFile, Stores

NOW = MONDAY_MORNING
TOOLS = frozenset({"create_card"})
LOOKED = "INSERT INTO file_watches (task_id, store_id, watch_path, warning) VALUES ('{}', '{}', 'in/', 'in: no entry')"
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def inbox(database: Database, stores: Stores) -> str:
    """A task of ours that watches, and has looked; the stranger has its like."""
    fields: TaskFields = {"name": "Inbox", "prompt": "Sort it", "watch": "in/", "settle_seconds": 90}
    with database.writing() as work:
        theirs, mine = (tasks.create(work, store, fields, TOOLS).id for store in (stores.stranger, stores.mine))
        work.session.connection().exec_driver_sql(LOOKED.format(mine, stores.mine))
        work.session.connection().exec_driver_sql(LOOKED.format(theirs, stores.stranger))
    return mine


def update(database: Database, stores: Stores, task_id: str, **fields: Any) -> dict[str, Any]:
    with database.writing() as work:
        given: TaskFields = {**fields}  # type: ignore[typeddict-item]
        return tasks.view(work, tasks.update(work, stores.mine, task_id, given, TOOLS))


def viewed(database: Database, stores: Stores, task_id: str) -> dict[str, Any]:
    with database.reading() as work:
        return tasks.view(work, tasks.get(work, stores.mine, task_id))


def looking(work: Work, stores: Stores) -> list[str]:
    return [watch.task_id for watch in watches(work, stores.mine)]


def test_a_watch_is_shown_in_words_and_in_parts(database: Database, stores: Stores, inbox: str) -> None:
    shown = viewed(database, stores, inbox)
    assert shown["schedule"] == {"type": "file_watch", "path": "in/", "settle_seconds": 90}
    assert shown["schedule_text"] == "When a file below in/ changes"
    assert (shown["next_run_at"], shown["watch_warning"]) == (None, "in: no entry")


def test_the_settle_time_is_a_minute_unless_it_is_given(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        made = tasks.create(work, stores.mine, {"name": "In", "prompt": "Sort", "watch": "in.csv"}, TOOLS)
        assert (made.settle_seconds, made.schedule_type, made.next_run_at) == (60, "file_watch", None)


def test_each_part_of_a_watch_changes_alone(database: Database, stores: Stores, inbox: str) -> None:
    assert update(database, stores, inbox, settle_seconds=0)["schedule"] == {
        "type": "file_watch",
        "path": "in/",
        "settle_seconds": 0,
    }
    assert update(database, stores, inbox, watch="out/")["schedule"]["settle_seconds"] == 0


def test_the_warning_of_another_path_is_not_shown(database: Database, stores: Stores, inbox: str) -> None:
    assert update(database, stores, inbox, watch="out/")["watch_warning"] is None


def test_what_repeats_the_watch_changes_nothing_of_it(database: Database, stores: Stores, inbox: str) -> None:
    before = viewed(database, stores, inbox)
    after = update(database, stores, inbox, watch="in/")
    assert {key for key in before if before[key] != after[key]} <= {"version", "updated_at"}


@pytest.mark.parametrize("fields", [{"every": "1h"}, {"schedule_type": "manual"}])
def test_a_task_that_watches_no_longer_forgets_what_it_saw(
    database: Database, stores: Stores, inbox: str, fields: dict[str, Any]
) -> None:
    update(database, stores, inbox, **fields)
    with database.reading() as work:
        rows = work.session.connection().exec_driver_sql("SELECT store_id FROM file_watches").scalars()
        assert [str(row) for row in rows] == [stores.stranger]
        task = tasks.get(work, stores.mine, inbox)
        assert (task.watch_path, task.settle_seconds) == (None, 60)


def test_a_clock_may_be_exchanged_for_a_watch(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        made = tasks.create(work, stores.mine, {"name": "In", "prompt": "Sort", "every": "1h"}, TOOLS).id
    shown = update(database, stores, made, watch="in/")
    assert shown["schedule"]["type"] == "file_watch"
    assert shown["next_run_at"] is None


def test_a_paused_or_disabled_watch_does_not_look(
    database: Database, stores: Stores, inbox: str, clock: ClockFile
) -> None:
    with database.writing() as work:
        paused = tasks.pause(work, stores.mine, inbox, NOW + 600)
        assert (epoch_or_none(paused.paused_until), paused.next_run_at) == (NOW + 600, None)
    with database.reading() as work:
        assert looking(work, stores) == []
    clock.set(NOW + 600)
    with database.reading() as work:
        assert looking(work, stores) == [inbox]
    with database.writing() as work:
        tasks.disable(work, stores.mine, inbox)
        assert looking(work, stores) == []
        tasks.enable(work, stores.mine, inbox)
        assert looking(work, stores) == [inbox]


def test_a_manual_task_still_cannot_be_paused(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        made: Task = tasks.create(
            work, stores.mine, {"name": "By hand", "prompt": "Go", "schedule_type": "manual"}, TOOLS
        )
        with pytest.raises(InvalidInput, match="no schedule that could pause"):
            tasks.pause(work, stores.mine, made.id, NOW + 600)
