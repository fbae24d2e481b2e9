"""What a tick costs follows what is due, not how many rows there are."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest
from sqlmodel import insert

from processor.models import LedgerRow, Run, Task
from processor.services.instants import moment
from processor.storage.channel import Channel
from processor.storage.statements import statement
from processor.tick.materialise import materialise
from tests.world import DEFAULT_STORE, HOUR, World

ROWS = 3_000
TOO_BIG_TO_READ_WHOLE = ("tasks", "runs", "processed_task_executions")
CLAIM: dict[str, object] = {
    "worker_id": str(uuid.uuid4()),
    "lease_at": 0,
    "limit": 5,
    "store_id": None,
    "job_run_id": None,
    "is_suspect": False,
    "suspect_count": 2,
    "most_count": 5,
    "ready_at": 0,
}
HOT: dict[str, dict[str, object]] = {
    "slots.claim_interval": {
        "batch_id": str(uuid.uuid4()),
        "window_seconds": 600,
        "store_id": None,
        "with_model": True,
    },
    "slots.due": {
        "id": None,
        "store_id": None,
        "with_model": True,
        "after_at": -1,
        "after_id": str(uuid.UUID(int=0)),
        "limit": 2000,
    },
    "slots.queue_claimed": {"batch_id": str(uuid.uuid4())},
    "slots.advance_interval": {"batch_id": str(uuid.uuid4())},
    "slots.needs_model": {"store_id": None},
    "job_slots.due": {"store_id": None, "after_at": -1, "after_id": str(uuid.UUID(int=0)), "limit": 100},
    "runs.start": CLAIM | {"id": None},
    "runs.resume": CLAIM | {"id": None},
    "runs.take_over": CLAIM | {"id": None},
    "probe": {"schema_version": 1},
}


@contextmanager
def counted_statements(world: World) -> Iterator[list[str]]:
    """The statements that reach the database, one for each trip to it."""
    seen: list[str] = []

    class NotingCursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **options: Any) -> Self:
            seen.append(query)
            return super().execute(query, *args, **options)

    def note(channel: Channel) -> None:
        if channel.dialect == "sqlite":
            channel.driver.set_trace_callback(lambda sql: seen.append(re.sub("'[^']*'|[0-9]+", "?", sql)))
        else:
            channel.cursor = NotingCursor(channel.driver)

    def forget(channel: Channel) -> None:
        if channel.dialect == "sqlite":
            channel.driver.set_trace_callback(None)
        else:
            channel.cursor = channel.driver.cursor()

    for channel in world.database._idle:
        note(channel)
    yield seen
    for channel in world.database._idle:
        forget(channel)


def add_tasks(world: World, how_many: int, next_run_at: int, **columns: object) -> list[str]:
    """Rows by the thousand, past the services."""
    now = moment(world.clock.now)
    common = {"store_id": DEFAULT_STORE, "name": "Task", "prompt": "Do it", "created_at": now, "updated_at": now}
    timing = {"schedule_type": "interval", "interval_seconds": HOUR, "anchor_at": moment(next_run_at)}
    timing |= {"cursor_at": moment(next_run_at - 1), "next_run_at": moment(next_run_at)}
    rows = [{"id": str(uuid.uuid4()), **common, **timing, **columns} for _ in range(how_many)]
    with world.database.writing() as work:
        work.session.connection().execute(insert(Task), rows)
    return [str(row["id"]) for row in rows]


def add_history(world: World, task_ids: list[str], hours_ago: int) -> None:
    """A slot of the past for each task, with its run, which has ended."""
    slot, batch = moment(world.clock.now - hours_ago * HOUR), str(uuid.uuid4())
    runs = [{"id": str(uuid.uuid4()), "task_id": task_id, "store_id": DEFAULT_STORE} for task_id in task_ids]
    ended = {
        "trigger": "schedule",
        "scheduled_time": slot,
        "state": "succeeded",
        "queued_at": slot,
        "finished_at": slot,
    }
    with world.database.writing() as work:
        connection = work.session.connection()
        ledger = {"scheduled_time": slot, "disposition": "claimed", "batch_id": batch, "processed_at": slot}
        rows = [{"run_id": run["id"], "task_id": run["task_id"], "store_id": DEFAULT_STORE, **ledger} for run in runs]
        connection.execute(insert(LedgerRow), rows)
        connection.execute(insert(Run), [run | ended for run in runs])


@pytest.mark.parametrize("timing", [{}, {"interval_seconds": 120}], ids=["short way", "long way"])
def test_ten_due_tasks_take_as_many_statements_as_five_hundred(world: World, timing: dict[str, int]) -> None:
    needed = []
    for how_many in (10, 500):
        add_tasks(world, how_many, world.clock.now - 300, **timing)
        with counted_statements(world) as statements:
            counts = materialise(world.database, world.settings, None, with_model=True)
        assert counts.claimed == how_many
        needed.append([sql for sql in statements if not sql.startswith("BEGIN")])

    assert needed[0] == needed[1]
    assert len(needed[0]) <= 12


@pytest.fixture
def crowded(world: World) -> World:
    """Thousands of tasks and runs, some tasks with a long history; five are due and fifteen runs are open."""
    idle = add_tasks(world, ROWS, world.clock.now + HOUR)
    for hours_ago in range(1, 25):
        add_history(world, idle if hours_ago == 1 else idle[:15], hours_ago)
    add_tasks(world, 5, world.clock.now - 60)
    by_state: dict[str, dict[str, object]] = {
        "queued": {},
        "waiting": {"waiting_for": "resume", "waiting_since": moment(0), "not_before": moment(0)},
        "running": {"worker_id": str(uuid.uuid4()), "lease_expires_at": moment(0)},
    }
    with world.database.writing() as work:
        for number, (state, columns) in enumerate(by_state.items()):
            common = {"store_id": DEFAULT_STORE, "trigger": "manual", "state": state, "queued_at": moment(0)}
            ids = idle[number * 5 : number * 5 + 5]
            rows = [{"id": str(uuid.uuid4()), "task_id": task_id, **common, **columns} for task_id in ids]
            work.session.connection().execute(insert(Run), rows)
    with world.database.connection() as connection:
        connection.exec_driver_sql("ANALYZE")
    return world


def plan(world: World, name: str, values: dict[str, object]) -> list[str]:
    """How the database goes about a statement, line by line."""
    prepared = statement(world.database.dialect, "probe.probe" if name == "probe" else name)
    explain = "EXPLAIN QUERY PLAN " if world.database.dialect == "sqlite" else "EXPLAIN "
    with world.database.writing() as work:
        work.cursor.execute(explain + prepared.text, {"now": world.clock.now} | values)
        return [str(row[-1]) for row in work.cursor.fetchall()]


def whole_reads(world: World, lines: list[str]) -> list[str]:
    """The lines that read a big table from one end to the other."""
    if world.database.dialect == "postgresql":
        return [line for line in lines if re.search(rf"Seq Scan on ({'|'.join(TOO_BIG_TO_READ_WHOLE)})\b", line)]
    scans = [line for line in lines if line.startswith("SCAN ") and "USING" not in line]
    return [line for line in scans if not re.match(r"SCAN (CONSTANT|heartbeat|s\b|\w+ VIRTUAL|\(subquery|d\b)", line)]


def history_walks(lines: list[str]) -> list[str]:
    """The lines that look for a task's open run among all runs that it ever had."""
    of_any_state = r"runs_(slot_key|task|slot)"
    sqlite = rf"SEARCH (r|live|earlier) USING .*INDEX {of_any_state} "
    return [line for line in lines if re.search(rf"{sqlite}|using {of_any_state} on runs (r|live|earlier)\b", line)]


def test_no_hot_statement_reads_a_whole_table(crowded: World) -> None:
    found = {name: whole_reads(crowded, plan(crowded, name, values)) for name, values in HOT.items()}

    assert found == {name: [] for name in HOT}


def test_no_hot_statement_walks_through_a_tasks_history(crowded: World) -> None:
    hot = HOT | {"slots.advance": {"decisions": "[]"}}
    found = {name: history_walks(plan(crowded, name, values)) for name, values in hot.items()}

    assert found == {name: [] for name in hot}


def test_a_statement_that_does_read_a_whole_table_would_be_seen(crowded: World, tmp_path: Path) -> None:
    explain = "EXPLAIN QUERY PLAN " if crowded.database.dialect == "sqlite" else "EXPLAIN "
    with crowded.database.reading() as work:
        rows = work.session.connection().exec_driver_sql(f"{explain} SELECT * FROM tasks AS t WHERE name = 'x'").all()

    assert len(whole_reads(crowded, [str(row[-1]) for row in rows])) == 1
