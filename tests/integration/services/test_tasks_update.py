import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from processor.errors import Conflict, InvalidInput, NotFound
from processor.models import Task
from processor.services import tasks
from processor.services.instants import epoch, epoch_or_none, moment
from processor.services.tasks import TaskFields
from processor.storage.database import Database
from processor.storage.work import Work
from tests.conftest import MONDAY_MORNING, ClockFile, Stores
from tests.rows import ledger_of

NOW = MONDAY_MORNING
HOUR = 3600
TOOLS = frozenset({"create_card", "list_cards"})


def update(work: Work, /, store_id: str, task_id: str, version: int | None = None, **fields: Any) -> Task:
    return tasks.update(work, store_id, task_id, TaskFields(**fields), TOOLS, version=version)  # type: ignore[typeddict-item]


def times(task: Task) -> tuple[int, int | None, int | None]:
    return epoch_or_none(task.anchor_at) or 0, epoch(task.cursor_at), epoch_or_none(task.next_run_at)


@pytest.fixture
def hourly(clock: ClockFile, database: Database, stores: Stores) -> str:
    """A task of ours that runs every hour, made at 09:00; the stranger has its like."""
    fields: TaskFields = {"name": "Standup", "prompt": "Create a card", "every": "1h"}
    with database.writing() as work:
        tasks.create(work, stores.stranger, fields, TOOLS)
        return tasks.create(work, stores.mine, fields, TOOLS).id


def test_name_and_prompt_do_not_touch_the_schedule(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    clock.advance(2 * HOUR + 60)
    with database.writing() as work:
        task = update(work, stores.mine, hourly, name="Retro", prompt="Write it down", budget_usd=1)
        assert times(task) == (NOW, NOW, NOW + HOUR)
        assert (task.name, task.prompt, task.budget_nanousd) == ("Retro", "Write it down", 1_000_000_000)
        assert ledger_of(work, hourly) == []


def test_repeating_the_schedule_changes_nothing(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    clock.advance(90 * 60)
    with database.writing() as work:
        assert times(update(work, stores.mine, hourly, every=3600)) == (NOW, NOW, NOW + HOUR)
        assert times(update(work, stores.mine, hourly, every="1h", start=NOW)) == (NOW, NOW, NOW + HOUR)
        assert times(update(work, stores.mine, hourly, schedule_type="interval")) == (NOW, NOW, NOW + HOUR)


def test_another_interval_counts_from_the_edit(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    clock.advance(60)
    with database.writing() as work:
        task = update(work, stores.mine, hourly, every="2h")
        assert times(task) == (NOW + 60, NOW + 60, NOW + 60 + 2 * HOUR)
        assert ledger_of(work, hourly) == []


def test_slots_that_were_due_before_the_edit_are_missed_and_not_lost(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    clock.advance(3 * HOUR + 60)
    with database.writing() as work:
        task = update(work, stores.mine, hourly, cron="0 0 * * *")
        assert ledger_of(work, hourly) == [(NOW + k * HOUR, "missed", None, 1) for k in (1, 2, 3)]
        assert (task.schedule_type, task.anchor_at, task.interval_seconds) == ("calendar", None, None)
        assert epoch(task.cursor_at) == clock.now


def test_more_than_a_thousand_due_slots_are_one_range(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    clock.advance(1_001 * HOUR)
    with database.writing() as work:
        update(work, stores.mine, hourly, schedule_type="manual")
        assert ledger_of(work, hourly) == [(NOW + HOUR, "missed", NOW + 1_001 * HOUR, 1_001)]


def test_a_new_start_may_be_a_slot_at_once(clock: ClockFile, database: Database, stores: Stores, hourly: str) -> None:
    clock.advance(90 * 60)
    with database.writing() as work:
        task = update(work, stores.mine, hourly, start=clock.now)
        assert epoch_or_none(task.next_run_at) == clock.now
        assert ledger_of(work, hourly) == [(NOW + HOUR, "missed", None, 1)]


def test_a_zone_alone_moves_the_calendar(clock: ClockFile, database: Database, stores: Stores, hourly: str) -> None:
    with database.writing() as work:
        update(work, stores.mine, hourly, cron="0 12 * * *")
        task = update(work, stores.mine, hourly, timezone="Europe/Berlin")
        assert (task.cron, task.timezone) == ("0 12 * * *", "Europe/Berlin")
        assert epoch_or_none(task.next_run_at) == NOW + 2 * HOUR


@pytest.mark.parametrize(("empty", "said"), [({"timezone": ""}, "Unknown time zone ''"), ({"cron": ""}, "is empty")])
def test_an_empty_zone_or_expression_keeps_nothing_silently(
    clock: ClockFile, database: Database, stores: Stores, hourly: str, empty: dict[str, Any], said: str
) -> None:
    with database.writing() as work:
        update(work, stores.mine, hourly, cron="0 12 * * *", timezone="Europe/Berlin")
        with pytest.raises(InvalidInput, match=said):
            update(work, stores.mine, hourly, **empty)
        task = tasks.get(work, stores.mine, hourly)
        assert (task.cron, task.timezone) == ("0 12 * * *", "Europe/Berlin")


def test_a_schedule_that_becomes_one_instant_catches_up_by_default(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    with database.writing() as work:
        task = update(work, stores.mine, hourly, at=NOW + 60)
        assert (task.misfire, epoch_or_none(task.next_run_at)) == ("latest", NOW + 60)


def test_none_resets_and_what_is_not_given_stays(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    with database.writing() as work:
        update(work, stores.mine, hourly, misfire="all", max_retries=7, tools=["create_card"], priority=1)
        task = update(work, stores.mine, hourly, misfire=None, max_retries=None, tools=None)
        assert (task.misfire, task.max_retries, task.tools, task.priority) == (None, 3, None, 1)


def test_the_budget_goes_with_the_model(clock: ClockFile, database: Database, stores: Stores, hourly: str) -> None:
    with database.writing() as work:
        assert update(work, stores.mine, hourly, budget_usd=2).budget_nanousd == 2_000_000_000
        assert update(work, stores.mine, hourly, model="strong").budget_nanousd == 2_000_000_000
        assert update(work, stores.mine, hourly, model="llama-99").budget_nanousd == 0
        with pytest.raises(InvalidInput, match="no known price"):
            update(work, stores.mine, hourly, budget_usd=1)
        assert update(work, stores.mine, hourly, model=None).budget_nanousd == 250_000_000


def test_a_refused_edit_changes_nothing_even_if_the_transaction_goes_on(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    with database.writing() as work:
        for fields in ({"every": "10s"}, {"priority": 9}, {"name": ""}, {"budget_usd": 0}, {"tools": ["fly"]}):
            with pytest.raises(InvalidInput):
                update(work, stores.mine, hourly, **({"description": "New", "every": "3h"} | fields))
    with database.reading() as work:
        task = tasks.get(work, stores.mine, hourly)
        assert (task.description, task.version, times(task)) == ("", 1, (NOW, NOW, NOW + HOUR))


def test_an_edit_of_an_older_version_is_a_conflict(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    with database.writing() as work:
        assert update(work, stores.mine, hourly, version=1, name="First").version == 2
        with pytest.raises(Conflict, match="version 2"):
            update(work, stores.mine, hourly, version=1, name="Second")
        assert tasks.get(work, stores.mine, hourly).name == "First"


def test_of_edits_at_the_same_time_one_wins(clock: ClockFile, database: Database, stores: Stores, hourly: str) -> None:
    def rename(number: int) -> bool:
        try:
            database.write(update, stores.mine, hourly, version=1, name=f"Name {number}")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(rename, range(16))) == 1
    with database.reading() as work:
        assert tasks.get(work, stores.mine, hourly).version == 2


def test_a_disabled_task_stays_without_a_next_time_when_its_schedule_changes(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    with database.writing() as work:
        update(work, stores.mine, hourly, enabled=False)
    clock.advance(2 * HOUR)
    with database.writing() as work:
        task = update(work, stores.mine, hourly, every="5m")
        assert (task.enabled, task.next_run_at) == (False, None)
        assert ledger_of(work, hourly) == [(NOW + HOUR, "skipped_paused", NOW + 2 * HOUR, 2)]
    clock.advance(600)
    with database.writing() as work:
        task = update(work, stores.mine, hourly, enabled=True)
        assert ledger_of(work, hourly)[1:] == [(NOW + 2 * HOUR + 300, "skipped_paused", NOW + 2 * HOUR + 600, 2)]
        assert epoch_or_none(task.next_run_at) == clock.now + 300


def test_a_slot_that_waited_for_a_run_is_accounted_for_by_an_edit(
    clock: ClockFile, database: Database, stores: Stores, hourly: str
) -> None:
    clock.advance(HOUR + 60)
    with database.writing() as work:
        task = tasks.get(work, stores.mine, hourly)
        task.held, task.held_slot = True, moment(NOW + HOUR)
        work.session.flush()
        task = update(work, stores.mine, hourly, every="2h")
        assert (task.held, task.held_slot) == (False, None)
        assert ledger_of(work, hourly) == [(NOW + HOUR, "missed", None, 1)]


def test_a_strangers_task_is_not_found(clock: ClockFile, database: Database, stores: Stores, hourly: str) -> None:
    with database.writing() as work:
        for task_id in (hourly, str(uuid.uuid4()), "no id"):
            with pytest.raises(NotFound):
                tasks.get(work, stores.stranger, task_id)
            with pytest.raises(NotFound):
                update(work, stores.stranger, task_id, name="Mine now")
            with pytest.raises(NotFound):
                tasks.delete(work, stores.stranger, task_id)
        assert tasks.get(work, stores.mine, hourly).name == "Standup"
        assert [task.name for task in tasks.list(work, stores.stranger)] == ["Standup"]
