"""What the database itself refuses: the first line of the promises that `semantics` numbers P1, P5, P9 and P14."""

import uuid
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from processor.models import Approval, CardComment, Job, JobRun, LedgerRow, Run, RunCard, Task, TaskNote, ToolCall, Turn
from processor.services import cards, tasks
from processor.services.instants import moment
from processor.storage.database import Database
from processor.storage.work import Work
from tests.conftest import MONDAY_MORNING, Stores
from tests.reflection import inspected
from tests.rows import add_run

SLOT = moment(MONDAY_MORNING)

# The transcript hangs on its run by the run's id and store; within it, the run's id is enough.
WITHIN_A_RUN = {("tool_calls", "turns")}


def new() -> str:
    return str(uuid.uuid4())


def make_task(work: Work, store_id: str) -> str:
    fields: tasks.TaskFields = {"name": "Standup", "prompt": "Create a card", "schedule_type": "manual"}
    return tasks.create(work, store_id, fields, frozenset()).id


def make_job(work: Work, store_id: str) -> str:
    job = Job(id=new(), store_id=store_id, name="Daily", cursor_at=SLOT, created_at=SLOT, updated_at=SLOT)
    work.session.add(job)
    work.session.flush()
    return job.id


def ledger_row(store_id: str, task_id: str, **columns: Any) -> LedgerRow:
    row: dict[str, Any] = {"scheduled_time": SLOT, "disposition": "claimed", "run_id": new(), "batch_id": new()}
    return LedgerRow(store_id=store_id, task_id=task_id, processed_at=SLOT, **(row | columns))


def job_run(store_id: str, job_id: str, **columns: Any) -> JobRun:
    row: dict[str, Any] = {"id": new(), "trigger": "manual", "state": "running", "started_at": SLOT}
    return JobRun(store_id=store_id, job_id=job_id, **(row | columns))


def refused(work: Work, *rows: SQLModel) -> None:
    """The last of the rows breaks a constraint, the ones before do not."""
    *good, bad = rows
    work.session.add_all(good)
    work.session.flush()
    with pytest.raises(IntegrityError):
        insert(work, bad)


def insert(work: Work, row: SQLModel) -> None:
    """On its own, so that the transaction goes on when it is refused."""
    with work.session.begin_nested():
        work.session.add(row)
        work.session.flush()


def test_a_slot_has_one_ledger_row(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task_id = make_task(work, stores.mine)
        work.session.add(ledger_row(stores.mine, task_id))
        work.session.flush()
        work.session.expunge_all()
        refused(work, ledger_row(stores.mine, task_id, disposition="missed", run_id=None))


def test_a_run_for_a_slot_needs_the_slots_ledger_row(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task_id = make_task(work, stores.mine)
        row = {"store_id": stores.mine, "task_id": task_id, "trigger": "schedule", "queued_at": SLOT}
        refused(work, Run(id=new(), scheduled_time=SLOT, **row))  # type: ignore[arg-type]


def test_a_slot_has_one_first_run_and_any_number_of_repetitions(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task_id = make_task(work, stores.mine)
        work.session.add(ledger_row(stores.mine, task_id))
        first = add_run(work, stores.mine, task_id, "succeeded", scheduled_time=SLOT)
        add_run(work, stores.mine, task_id, "succeeded", scheduled_time=SLOT, rerun_of=first)
        add_run(work, stores.mine, task_id, "succeeded", scheduled_time=SLOT, rerun_of=first)
        again: dict[str, Any] = {"store_id": stores.mine, "task_id": task_id, "trigger": "schedule", "queued_at": SLOT}
        refused(work, Run(id=new(), scheduled_time=SLOT, **again))


@pytest.mark.parametrize(
    "columns",
    [
        {"run_id": None},
        {"disposition": "missed"},
        {"until_time": SLOT, "slot_count": 2},
        {"disposition": "missed", "run_id": None, "slot_count": 2},
        {"disposition": "missed", "run_id": None, "until_time": moment(MONDAY_MORNING - 1), "slot_count": 2},
        {"disposition": "forgotten", "run_id": None},
    ],
)
def test_a_ledger_row_is_a_claim_with_its_run_or_a_reason_without(
    database: Database, stores: Stores, columns: dict[str, Any]
) -> None:
    with database.writing() as work:
        refused(work, ledger_row(stores.mine, make_task(work, stores.mine), **columns))


@pytest.mark.parametrize(("live", "second"), [("running", "waiting"), ("waiting", "running"), ("running", "running")])
def test_a_task_has_one_live_run(database: Database, stores: Stores, live: str, second: str) -> None:
    with database.writing() as work:
        task_id, other = make_task(work, stores.mine), make_task(work, stores.mine)
        add_run(work, stores.mine, task_id, live)
        add_run(work, stores.mine, task_id, "queued")
        add_run(work, stores.mine, task_id, "succeeded")
        add_run(work, stores.mine, other, live)
        with pytest.raises(IntegrityError), work.session.begin_nested():
            add_run(work, stores.mine, task_id, second)


@pytest.mark.parametrize(
    ("state", "columns"),
    [
        ("running", {"worker_id": None}),
        ("running", {"lease_expires_at": None}),
        ("waiting", {"waiting_for": None}),
        ("waiting", {"waiting_for": "godot"}),
        ("queued", {"waiting_for": "retry", "waiting_since": SLOT}),
        ("succeeded", {"finished_at": None}),
        ("queued", {"finished_at": SLOT}),
        ("failed", {"error_class": None}),
        ("resting", {}),
        ("queued", {"trigger": "whim"}),
        ("queued", {"position": 1}),
    ],
)
def test_a_runs_columns_fit_its_state(database: Database, stores: Stores, state: str, columns: dict[str, Any]) -> None:
    with database.writing() as work:
        task_id = make_task(work, stores.mine)
        with pytest.raises(IntegrityError), work.session.begin_nested():
            add_run(work, stores.mine, task_id, state, **columns)


def test_an_idempotency_key_counts_once_in_its_store(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task_id, theirs = make_task(work, stores.mine), make_task(work, stores.stranger)
        add_run(work, stores.mine, task_id, idempotency_key="key")
        add_run(work, stores.stranger, theirs, idempotency_key="key")
        with pytest.raises(IntegrityError), work.session.begin_nested():
            add_run(work, stores.mine, task_id, idempotency_key="key")


def test_a_job_has_one_live_pass_and_a_pass_one_run_for_each_step(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        job_id, task_id = make_job(work, stores.mine), make_task(work, stores.mine)
        live = job_run(stores.mine, job_id)
        refused(work, live, job_run(stores.mine, job_id))
        add_run(work, stores.mine, task_id, "succeeded", job_run_id=live.id, position=1, trigger="job")
        with pytest.raises(IntegrityError), work.session.begin_nested():
            add_run(work, stores.mine, task_id, "queued", job_run_id=live.id, position=1, trigger="job")


def test_every_reference_between_rows_of_a_store_carries_the_store(database: Database) -> None:
    schema = inspected(database.url)
    owned = {table for table in schema.get_table_names() if _columns(schema, table) >= {"store_id"}}
    references = [(table, key) for table in owned for key in schema.get_foreign_keys(table)]
    within = [(table, key) for table, key in references if key["referred_table"] in owned]
    assert len(within) > 20
    for table, key in within:
        if (table, key["referred_table"]) not in WITHIN_A_RUN:
            pairs = dict(zip(key["constrained_columns"], key["referred_columns"], strict=True))
            assert pairs.get("store_id") == "store_id", f"{table} → {key['referred_table']}"


def test_every_table_of_a_store_hangs_on_a_store(database: Database) -> None:
    schema = inspected(database.url)
    owned = {table for table in schema.get_table_names() if _columns(schema, table) >= {"store_id"}}
    for table in owned:
        referred = {key["referred_table"] for key in schema.get_foreign_keys(table)}
        assert referred & (owned | {"stores"}), table


def _columns(schema: Any, table: str) -> set[str]:
    return {column["name"] for column in schema.get_columns(table)}


def test_no_row_refers_to_a_row_of_a_stranger(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        ours, theirs = make_task(work, stores.mine), make_task(work, stores.stranger)
        their_run = add_run(work, stores.stranger, theirs, "running")
        their_job = make_job(work, stores.stranger)
        our_card = cards.create(work, stores.mine, "Ours").id
        row: dict[str, Any] = {"store_id": stores.mine, "created_at": SLOT}
        task: dict[str, Any] = {**row, "name": "x", "prompt": "x", "schedule_type": "manual", "updated_at": SLOT}
        for stray in (
            Task(id=new(), job_id=their_job, cursor_at=SLOT, **task),
            Run(id=new(), store_id=stores.mine, task_id=theirs, trigger="manual", queued_at=SLOT),
            Run(id=new(), store_id=stores.mine, task_id=ours, rerun_of=their_run, trigger="manual", queued_at=SLOT),
            job_run(stores.mine, their_job),
            RunCard(run_id=their_run, card_id=our_card, store_id=stores.mine),
            RunCard(run_id=their_run, card_id=our_card, store_id=stores.stranger),
            CardComment(id=new(), store_id=stores.stranger, card_id=our_card, author="x", body="x", created_at=SLOT),
            TaskNote(task_id=theirs, store_id=stores.mine, body="x", updated_at=SLOT),
            Turn(run_id=their_run, turn=1, attempt=1, response="{}", **row),
            ledger_row(new(), ours),
        ):
            refused(work, stray)


def test_an_approval_covers_a_tool_call_of_its_own_store(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        run_id = add_run(work, stores.mine, make_task(work, stores.mine), "running")
        where: dict[str, Any] = {"run_id": run_id, "turn": 1}
        turn = Turn(store_id=stores.mine, attempt=1, response="{}", created_at=SLOT, **where)
        what: dict[str, Any] = {
            "tool_use_id": "t",
            "name": "x",
            "arguments": "{}",
            "effect": "local",
            "created_at": SLOT,
        }
        call = ToolCall(store_id=stores.mine, position=1, **what, **where)
        work.session.add(turn)
        work.session.flush()
        stamps: dict[str, Any] = {"arguments_hash": "x", "requested_at": SLOT, "expires_at": SLOT, "position": 1}
        refused(work, call, Approval(id=new(), store_id=stores.stranger, **stamps, **where))
