import pytest

from processor.errors import Conflict, InvalidInput, NotFound
from processor.models import Task
from processor.services import tasks
from processor.services.instants import epoch, epoch_or_none, moment
from processor.services.tasks import TaskFields
from processor.storage.database import Database
from tests.conftest import MONDAY_MORNING, ClockFile, Stores
from tests.rows import ledger_of

NOW = MONDAY_MORNING
HOUR = 3600


@pytest.fixture
def hourly(clock: ClockFile, database: Database, stores: Stores) -> str:
    """A task of ours that runs every hour, made at 09:00; the stranger has its like."""
    fields: TaskFields = {"name": "Standup", "prompt": "Create a card", "every": "1h"}
    with database.writing() as work:
        tasks.create(work, stores.stranger, fields, frozenset())
        return tasks.create(work, stores.mine, fields, frozenset()).id


def times(task: Task) -> tuple[int, int | None]:
    return epoch(task.cursor_at), epoch_or_none(task.next_run_at)


def test_disabling_empties_the_next_time_and_keeps_the_cursor(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    clock.advance(90 * 60)
    with database.writing() as work:
        task = tasks.disable(work, stores.mine, hourly)
        assert (task.enabled, times(task), task.version) == (False, (NOW, None), 2)
        assert tasks.disable(work, stores.mine, hourly).version == 2
        assert tasks.list(work, stores.stranger)[0].enabled


def test_enabling_keeps_the_anchor_and_makes_the_span_one_row(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    with database.writing() as work:
        tasks.disable(work, stores.mine, hourly)
    clock.advance(5 * HOUR + 60)
    with database.writing() as work:
        task = tasks.enable(work, stores.mine, hourly)
        assert ledger_of(work, hourly) == [(NOW + HOUR, "skipped_paused", NOW + 5 * HOUR, 5)]
        assert times(task) == (clock.now, NOW + 6 * HOUR)
        assert epoch_or_none(task.anchor_at) == NOW


def test_a_pause_may_be_a_duration(clock: ClockFile, database: Database, stores: Stores, hourly: str) -> None:
    with database.writing() as work:
        task = tasks.pause(work, stores.mine, hourly, "2h30m")
        assert epoch_or_none(task.paused_until) == clock.now + 2 * HOUR + 1_800
        assert tasks.list(work, stores.stranger)[0].paused_until is None
    with pytest.raises(InvalidInput, match=r"'tomorrow'.*or a duration like"), database.writing() as work:
        tasks.pause(work, stores.mine, hourly, "tomorrow")


def test_enabling_before_any_slot_writes_no_row(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    with database.writing() as work:
        tasks.disable(work, stores.mine, hourly)
        task = tasks.enable(work, stores.mine, hourly)
        assert ledger_of(work, hourly) == []
        assert times(task) == (NOW, NOW + HOUR)


def test_enabling_what_is_enabled_loses_no_due_slot(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    clock.advance(HOUR)
    with database.writing() as work:
        task = tasks.enable(work, stores.mine, hourly)
        assert (times(task), task.version) == ((NOW, NOW + HOUR), 1)
        assert ledger_of(work, hourly) == []


def test_a_pause_sets_the_next_time_after_it_and_keeps_the_cursor(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    with database.writing() as work:
        task = tasks.pause(work, stores.mine, hourly, "2026-11-16T11:00:00Z")
        assert times(task) == (NOW, NOW + 3 * HOUR)
        assert epoch_or_none(task.paused_until) == NOW + 2 * HOUR
        task = tasks.pause(work, stores.mine, hourly, NOW + HOUR - 1)
        assert times(task) == (NOW, NOW + HOUR)


def test_enabling_ends_a_pause_early(clock: ClockFile, database: Database, stores: Stores, hourly: str) -> None:
    with database.writing() as work:
        tasks.pause(work, stores.mine, hourly, NOW + 10 * HOUR)
    clock.advance(2 * HOUR + 60)
    with database.writing() as work:
        task = tasks.enable(work, stores.mine, hourly)
        assert ledger_of(work, hourly) == [(NOW + HOUR, "skipped_paused", NOW + 2 * HOUR, 2)]
        assert (times(task), task.paused_until) == ((clock.now, NOW + 3 * HOUR), None)


def test_slots_after_a_pause_that_is_over_stay_due(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    with database.writing() as work:
        tasks.pause(work, stores.mine, hourly, NOW + HOUR)
    clock.advance(2 * HOUR)
    with database.writing() as work:
        task = tasks.enable(work, stores.mine, hourly)
        assert ledger_of(work, hourly) == [(NOW + HOUR, "skipped_paused", NOW + HOUR, 1)]
        assert times(task) == (NOW + HOUR, NOW + 2 * HOUR)


def test_disabling_a_paused_task_ends_the_pause(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    with database.writing() as work:
        tasks.pause(work, stores.mine, hourly, NOW + 10 * HOUR)
        assert tasks.disable(work, stores.mine, hourly).paused_until is None
        with pytest.raises(Conflict, match="enable it first"):
            tasks.pause(work, stores.mine, hourly, NOW + 10 * HOUR)


@pytest.mark.parametrize("until", [NOW, NOW - 1, "2026-11-16T08:00:00Z", "later"])
def test_a_pause_needs_an_end_that_lies_ahead(
    clock: ClockFile, database: Database, stores: Stores, hourly: str, until: str | int
) -> None:
    with database.writing() as work:
        with pytest.raises(InvalidInput):
            tasks.pause(work, stores.mine, hourly, until)
        assert tasks.get(work, stores.mine, hourly).paused_until is None


def test_a_pause_over_the_only_slot_of_a_task_ends_where_the_slot_is_accounted_for(
    clock: ClockFile, database: Database, stores: Stores
) -> None:
    with database.writing() as work:
        once = tasks.create(work, stores.mine, {"name": "Once", "prompt": "Go", "at": NOW + 60}, frozenset())
        assert times(tasks.pause(work, stores.mine, once.id, NOW + HOUR)) == (NOW - 1, NOW + HOUR)


def test_a_manual_task_cannot_pause(clock: ClockFile, database: Database, stores: Stores, hourly: str) -> None:
    with database.writing() as work:
        tasks.update(work, stores.mine, hourly, {"schedule_type": "manual"}, frozenset())
        with pytest.raises(InvalidInput, match="only when somebody asks"):
            tasks.pause(work, stores.mine, hourly, NOW + HOUR)


def test_a_schedule_edit_within_a_pause_keeps_the_pause(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    with database.writing() as work:
        tasks.pause(work, stores.mine, hourly, NOW + 5 * HOUR)
    clock.advance(2 * HOUR)
    with database.writing() as work:
        task = tasks.update(work, stores.mine, hourly, {"every": "2h"}, frozenset())
        assert ledger_of(work, hourly) == [(NOW + HOUR, "skipped_paused", NOW + 2 * HOUR, 2)]
        assert times(task) == (clock.now, NOW + 6 * HOUR)


def test_an_edit_after_a_pause_that_is_over_parts_its_slots_from_the_missed_ones(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    with database.writing() as work:
        tasks.pause(work, stores.mine, hourly, NOW + 2 * HOUR)
    clock.advance(3 * HOUR)
    with database.writing() as work:
        task = tasks.update(work, stores.mine, hourly, {"every": "2h"}, frozenset())
        assert ledger_of(work, hourly) == [
            (NOW + HOUR, "skipped_paused", NOW + 2 * HOUR, 2),
            (NOW + 3 * HOUR, "missed", None, 1),
        ]
        assert task.paused_until is None


def test_a_slot_that_waited_for_a_run_is_let_go_by_a_pause(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    clock.advance(HOUR)
    with database.writing() as work:
        task = tasks.get(work, stores.mine, hourly)
        task.held, task.held_slot = True, moment(NOW + HOUR)
        work.session.flush()
        task = tasks.pause(work, stores.mine, hourly, NOW + 2 * HOUR)
        assert (task.held, task.held_slot, times(task)) == (False, None, (NOW, NOW + 3 * HOUR))


def test_each_of_them_is_a_conflict_for_who_saw_an_older_version(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    with database.writing() as work:
        tasks.pause(work, stores.mine, hourly, NOW + HOUR, version=1)
        with pytest.raises(Conflict):
            tasks.pause(work, stores.mine, hourly, NOW + HOUR, version=1)
        with pytest.raises(Conflict):
            tasks.enable(work, stores.mine, hourly, version=1)
        with pytest.raises(Conflict):
            tasks.disable(work, stores.mine, hourly, version=1)


def test_a_strangers_task_is_not_found(clock: ClockFile, database: Database, stores: Stores, hourly: str) -> None:
    with database.writing() as work:
        with pytest.raises(NotFound):
            tasks.disable(work, stores.stranger, hourly)
        with pytest.raises(NotFound):
            tasks.enable(work, stores.stranger, hourly)
        with pytest.raises(NotFound):
            tasks.pause(work, stores.stranger, hourly, NOW + HOUR)
        assert tasks.get(work, stores.mine, hourly).version == 1
