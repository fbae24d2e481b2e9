from typing import Any

import pytest
from sqlmodel import select

from processor.errors import Conflict, InvalidInput
from processor.models import LedgerRow, Run, Task
from processor.services import cards, notes, tasks
from processor.services.instants import moment
from processor.services.tasks import TaskFields
from processor.storage.database import Database
from processor.storage.work import Work
from tests.conftest import MONDAY_MORNING, ClockFile, Stores
from tests.rows import add_run, ledger_of

NOW = MONDAY_MORNING
HOUR = 3600
pytestmark = pytest.mark.usefixtures("clock")


def create(work: Work, store_id: str, **fields: Any) -> Task:
    given: TaskFields = {"name": "Standup", "prompt": "Create a card", **fields}  # type: ignore[typeddict-item]
    return tasks.create(work, store_id, given, frozenset({"create_card"}))


def test_the_task_object_has_every_key_in_its_order(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, every="4h", tools=["create_card"])
        task.deadline_seconds = 95_400
        task.last_run_at = moment(NOW - 60)
        assert list(tasks.view(work, task).items()) == list(
            {
                "id": task.id,
                "store_id": stores.mine,
                "job_id": None,
                "job_name": None,
                "position": None,
                "step": None,
                "project_id": None,
                "name": "Standup",
                "description": "",
                "kind": "agent",
                "prompt": "Create a card",
                "schedule": {"type": "interval", "every_seconds": 14400, "anchor_at": "2026-11-16T09:00:00Z"},
                "schedule_text": "Every 4 hours",
                "watch_warning": None,
                "timezone": None,
                "enabled": True,
                "paused_until": None,
                "last_run_at": "2026-11-16T08:59:00Z",
                "next_run_at": "2026-11-16T13:00:00Z",
                "next_run_text": None,
                "max_retries": 3,
                "retry_delay_seconds": 60,
                "retry_multiplier": 2.0,
                "retry_cap_seconds": 3600,
                "retry_jitter": True,
                "retry_on": ["internal", "task_failed"],
                "retry_text": "up to 3 retries: 60 s, doubling, at most 1 h, with jitter",
                "misfire": None,
                "overlap": "skip",
                "priority": 3,
                "sender": None,
                "deadline": "1d2h30m",
                "model": "standard",
                "delivery": "live",
                "tools": ["create_card"],
                "budget_usd": 0.25,
                "max_turns": 15,
                "timeout_seconds": 300,
                "created_at": "2026-11-16T09:00:00Z",
                "updated_at": "2026-11-16T09:00:00Z",
                "version": 1,
            }.items()
        )


@pytest.mark.parametrize(
    ("fields", "schedule", "words"),
    [
        (
            {"cron": "0 9 * * 1-5", "timezone": "Europe/Berlin"},
            {"type": "calendar", "cron": "0 9 * * 1-5", "timezone": "Europe/Berlin"},
            "At 09:00 on weekdays, Europe/Berlin",
        ),
        ({"at": NOW + 60}, {"type": "once", "at": "2026-11-16T09:01:00Z"}, "Once at 2026-11-16 09:01 UTC"),
        ({"schedule_type": "manual"}, {"type": "manual"}, "Manual"),
    ],
)
def test_every_schedule_is_shown_in_parts_and_in_words(
    database: Database, stores: Stores, fields: dict[str, Any], schedule: dict[str, Any], words: str
) -> None:
    with database.writing() as work:
        shown = tasks.view(work, create(work, stores.mine, **fields))
        assert (shown["schedule"], shown["schedule_text"]) == (schedule, words)
        assert shown["timezone"] == schedule.get("timezone")


def test_upcoming_slots_begin_with_the_one_that_is_due(clock: ClockFile, database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, every="1h")
    clock.advance(90 * 60)
    with database.reading() as work:
        assert tasks.upcoming(work, stores.mine, task.id, 3) == [NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR]
        assert len(tasks.upcoming(work, stores.mine, task.id)) == 5


def test_a_disabled_task_has_no_upcoming_slots_and_a_single_one_has_one(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        disabled = create(work, stores.mine, every="1h", enabled=False)
        once = create(work, stores.mine, at=NOW + 60)
        assert tasks.upcoming(work, stores.mine, disabled.id) == []
        assert tasks.upcoming(work, stores.mine, once.id) == [NOW + 60]


@pytest.mark.parametrize("count", [0, -1, 1_001])
def test_as_many_upcoming_slots_as_make_sense(database: Database, stores: Stores, count: int) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, every="1h")
        with pytest.raises(InvalidInput):
            tasks.upcoming(work, stores.mine, task.id, count)


@pytest.mark.parametrize("state", ["running", "waiting"])
def test_a_task_with_a_live_run_is_not_deleted_unless_forced(database: Database, stores: Stores, state: str) -> None:
    with database.writing() as work:
        task = create(work, stores.mine, every="1h")
        add_run(work, stores.mine, task.id, "queued")
        live = add_run(work, stores.mine, task.id, state)
        with pytest.raises(Conflict, match=live) as refused:
            tasks.delete(work, stores.mine, task.id)
        assert refused.value.live_run_id == live
        assert len(tasks.list(work, stores.mine)) == 1
        tasks.delete(work, stores.mine, task.id, force=True)
        assert not tasks.list(work, stores.mine)
        assert not work.session.exec(select(Run)).all()


def test_deleting_a_task_takes_its_runs_and_leaves_ledger_and_cards(
    clock: ClockFile, database: Database, stores: Stores
) -> None:
    with database.writing() as work:
        other = create(work, stores.stranger, every="1h")
        theirs = add_run(work, stores.stranger, other.id, "running")
        task = create(work, stores.mine, every="1h")
        first = add_run(work, stores.mine, task.id, "failed")
        add_run(work, stores.mine, task.id, "queued", rerun_of=first)
        card = cards.create(work, stores.mine, "Made by a run", run_id=first)
        notes.set(work, stores.mine, task.id, "Remember")
        tasks.disable(work, stores.mine, task.id)
    clock.advance(2 * HOUR)
    with database.writing() as work:
        tasks.enable(work, stores.mine, task.id)
        tasks.delete(work, stores.mine, task.id)
    with database.reading() as work:
        assert [run.id for run in work.session.exec(select(Run))] == [theirs]
        assert ledger_of(work, task.id) == [(NOW + HOUR, "skipped_paused", NOW + 2 * HOUR, 2)]
        assert work.session.exec(select(LedgerRow)).one().store_id == stores.mine
        assert cards.get(work, stores.mine, card.id).created_by_run_id is None
        assert len(tasks.list(work, stores.stranger)) == 1
