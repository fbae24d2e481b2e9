"""The idle probe sees every kind of work, and nothing else."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import SQLModel

from processor import entry
from processor.models import Approval, Heartbeat, Job, LatestEdit, OutboxEntry, Run, Task, ToolCall, Turn, Webhook
from processor.services.instants import moment
from processor.settings import Settings
from processor.storage.database import Database
from processor.storage.work import Work
from processor.tick.materialise import materialise
from tests.conftest import Stores

AGO, SOON = -30, 3_600
Kind = Callable[[Work, str], object]


@pytest.fixture(autouse=True)
def plain_environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the database is given, as in a cron job."""
    monkeypatch.setenv("PROCESSOR_DATABASE_URL", database_url)


def at(seconds: int) -> Any:
    return moment(int(time.time()) + seconds)


def new_id() -> str:
    return str(uuid.uuid4())


def add(work: Work, model: type[SQLModel], **columns: Any) -> Any:
    row = model(**columns)
    work.session.add(row)
    work.session.flush()
    return row


def task(work: Work, store_id: str, **columns: Any) -> str:
    timing = {"schedule_type": "interval", "interval_seconds": 3_600, "anchor_at": at(0), "cursor_at": at(-60)}
    given = {"id": new_id(), "store_id": store_id, "name": "Task", "prompt": "Do it"}
    made = add(work, Task, created_at=at(0), updated_at=at(0), **given, **{**timing, "next_run_at": at(SOON)} | columns)
    return str(made.id)


def watch(work: Work, store_id: str, **columns: Any) -> str:
    watching = {"schedule_type": "file_watch", "watch_path": "in/", "interval_seconds": None, "anchor_at": None}
    return task(work, store_id, **watching, next_run_at=None, **columns)


def run(work: Work, store_id: str, state: str, **columns: Any) -> str:
    given = {"id": new_id(), "store_id": store_id, "task_id": task(work, store_id), "trigger": "manual"}
    return str(add(work, Run, state=state, queued_at=at(0), **given, **columns).id)


def waiting(work: Work, store_id: str, not_before: Any) -> str:
    return run(work, store_id, "waiting", waiting_for="retry", waiting_since=at(0), not_before=not_before)


def running(work: Work, store_id: str, lease: int) -> str:
    return run(work, store_id, "running", worker_id=new_id(), lease_expires_at=at(lease), started_at=at(0))


def job(work: Work, store_id: str, due: int) -> object:
    timing = {"schedule_type": "interval", "interval_seconds": 3_600, "anchor_at": at(0), "cursor_at": at(0)}
    given = {"id": new_id(), "store_id": store_id, "name": "Job", "next_run_at": at(due), **timing}
    return add(work, Job, created_at=at(0), updated_at=at(0), **given)


def approval(work: Work, store_id: str, expires: int, **columns: Any) -> object:
    place = {"run_id": waiting(work, store_id, None), "turn": 1, "store_id": store_id}
    add(work, Turn, **place, attempt=1, response="{}", created_at=at(0))
    use = {"tool_use_id": "toolu_1", "name": "send", "arguments": "{}", "effect": "at_most_once"}
    add(work, ToolCall, **place, position=1, created_at=at(0), **use)
    asked = {"id": new_id(), "position": 1, "arguments_hash": "0", "requested_at": at(0), "expires_at": at(expires)}
    return add(work, Approval, **place, **asked, **columns)


def outbox(work: Work, store_id: str, not_before: int, **columns: Any) -> object:
    webhook = {"id": new_id(), "store_id": store_id, "url": "https://example.com", "events": "[]", "secret_ref": "S"}
    made = add(work, Webhook, created_at=at(0), updated_at=at(0), **webhook)
    given = {"id": new_id(), "store_id": store_id, "webhook_id": made.id, "name": "run.failed", "payload": "{}"}
    return add(work, OutboxEntry, **given, not_before=at(not_before), created_at=at(0), **columns)


def lack_a_migration(work: Work, _: str) -> object:
    return work.session.connection().exec_driver_sql("DELETE FROM schema_migrations WHERE version > 1")


def tick_in_the_future(work: Work, _: str) -> object:
    return work.session.merge(Heartbeat(id=1, ticked_at=at(SOON)))


def change_in_the_future(work: Work, _: str) -> object:
    return work.session.merge(LatestEdit(id=1, edited_at=at(SOON)))


WORK: dict[str, Kind] = {
    "a task that is due": lambda work, store: task(work, store, next_run_at=at(AGO)),
    "a watch": watch,
    "a watch whose pause is over": lambda work, store: watch(work, store, paused_until=at(AGO)),
    "a job that is due": lambda work, store: job(work, store, AGO),
    "a queued run": lambda work, store: run(work, store, "queued"),
    "a run whose wait is over": lambda work, store: waiting(work, store, at(AGO)),
    "a lease that ran out": lambda work, store: running(work, store, AGO),
    "an approval that expires": lambda work, store: approval(work, store, AGO),
    "a delivery that is due": lambda work, store: outbox(work, store, AGO),
    "a migration that is missing": lack_a_migration,
    "a clock that went back": tick_in_the_future,
    "a clock that went back without a tick": change_in_the_future,
}
NO_WORK: dict[str, Kind] = {
    "a task for later": task,
    "a disabled task": lambda work, store: task(work, store, enabled=False, next_run_at=None),
    "a disabled watch": lambda work, store: watch(work, store, enabled=False),
    "a watch that is paused": lambda work, store: watch(work, store, paused_until=at(SOON)),
    "a task that waits for its own run": lambda work, store: task(
        work, store, next_run_at=at(AGO), held=True, held_slot=at(AGO)
    ),
    "a job without a clock": lambda work, store: add(
        work, Job, id=new_id(), store_id=store, name="Job", cursor_at=at(0), created_at=at(0), updated_at=at(0)
    ),
    "a job for later": lambda work, store: job(work, store, SOON),
    "a run that waits longer": lambda work, store: waiting(work, store, at(SOON)),
    "a run that waits for a person": lambda work, store: waiting(work, store, None),
    "a run that somebody executes": lambda work, store: running(work, store, SOON),
    "a run that has ended": lambda work, store: run(work, store, "succeeded", finished_at=at(0)),
    "an approval with time left": lambda work, store: approval(work, store, SOON),
    "an approval that was decided": lambda work, store: approval(work, store, AGO, state="approved", decided_at=at(0)),
    "a delivery for later": lambda work, store: outbox(work, store, SOON),
    "a delivery that was made": lambda work, store: outbox(work, store, AGO, state="delivered", delivered_at=at(0)),
}


def heartbeat(database: Database) -> Heartbeat:
    with database.reading() as work:
        return work.session.get_one(Heartbeat, 1)


@pytest.mark.parametrize("kind", WORK)
def test_the_probe_sees(database: Database, stores: Stores, kind: str) -> None:
    with database.writing() as work:
        WORK[kind](work, stores.stranger)

    assert not entry.is_idle()

    assert heartbeat(database).idle_ticks == 0


@pytest.mark.parametrize("kind", NO_WORK)
def test_the_probe_lets_lie(database: Database, stores: Stores, kind: str) -> None:
    with database.writing() as work:
        NO_WORK[kind](work, stores.stranger)

    assert entry.is_idle()


def test_a_due_job_is_work_until_a_tick_has_accounted_for_its_slot(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        job(work, stores.stranger, AGO)
    assert not entry.is_idle()
    materialise(database, Settings(database_url=database.url, model="rehearsal"), None, with_model=True)
    assert entry.is_idle()


def test_an_idle_database_gets_its_heartbeat_and_nothing_else(database: Database) -> None:
    before = int(time.time())

    assert entry.is_idle()
    assert entry.is_idle()

    beat = heartbeat(database)
    assert beat.idle_ticks == 2
    assert beat.ticked_at is not None
    assert before <= int(beat.ticked_at.timestamp()) <= int(time.time()) + 1


@pytest.mark.parametrize("name", ["PROCESSOR_CONFIG", "PROCESSOR_CLOCK_FILE"])
def test_what_the_environment_alone_does_not_decide_takes_the_full_path(
    database: Database, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "anything")

    assert not entry.is_idle()


def test_a_database_that_cannot_be_reached_takes_the_full_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCESSOR_DATABASE_URL", "postgresql://127.0.0.1:1/none")

    assert not entry.is_idle()


def test_a_sqlite_file_on_render_takes_the_full_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCESSOR_DATABASE_URL", "sqlite:////tmp/anything.db")
    monkeypatch.setenv("RENDER", "true")

    assert not entry.is_idle()
