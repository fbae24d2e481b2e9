import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from processor.errors import InvalidInput, NotFound
from processor.models import (
    Board,
    BoardColumn,
    Card,
    LedgerRow,
    Run,
    RunAttempt,
    RunCard,
    RunLog,
    RunRequest,
    Task,
    ToolCall,
    Turn,
)
from processor.services import runs
from processor.storage.database import Database
from processor.storage.work import Work
from tests.conftest import Stores

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)


def make(work: Work, row: Any) -> str:
    work.session.add(row)
    work.session.flush()
    return str(getattr(row, "id", ""))


def make_task(work: Work, store_id: str, name: str = "Standup") -> str:
    task = Task(
        id=str(uuid.uuid4()),
        store_id=store_id,
        name=name,
        prompt="Create a card called 'Standup'",
        schedule_type="manual",
        cursor_at=NOON,
        created_at=NOON,
        updated_at=NOON,
    )
    return make(work, task)


def make_run(work: Work, store_id: str, task_id: str, **values: Any) -> str:
    run = {"id": str(uuid.uuid4()), "trigger": "manual", "queued_at": NOON, **values}
    return make(work, Run(store_id=store_id, task_id=task_id, **run))


def finished(state: str = "succeeded", **values: Any) -> dict[str, Any]:
    return {"state": state, "attempt": 1, "started_at": NOON, "finished_at": NOON + timedelta(seconds=9), **values}


def make_card(work: Work, store_id: str, run_id: str, title: str, position: int) -> str:
    column = work.session.exec(
        select(BoardColumn).join(Board, Board.id == BoardColumn.board_id).where(Board.store_id == store_id)  # type: ignore[arg-type]
    ).first()
    assert column is not None
    card = Card(
        id=str(uuid.uuid4()),
        store_id=store_id,
        board_id=column.board_id,
        column_id=column.id,
        title=title,
        position=position,
        created_at=NOON,
        updated_at=NOON,
    )
    make(work, card)
    make(work, RunCard(run_id=run_id, card_id=card.id, store_id=store_id))
    return card.id


def test_a_run_shows_every_field_that_programs_rely_on(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task_id = make_task(work, stores.mine)
        slot: dict[str, Any] = {"task_id": task_id, "store_id": stores.mine, "scheduled_time": NOON}
        run_id = str(uuid.uuid4())
        make(
            work, LedgerRow(**slot, run_id=run_id, disposition="claimed", batch_id=str(uuid.uuid4()), processed_at=NOON)
        )
        spent: dict[str, Any] = {
            "input_tokens": 900,
            "output_tokens": 40,
            "cost_nanousd": 1_250_000,
            "active_ms": 8_400,
        }
        values = finished(output="Done.", trigger="schedule", scheduled_time=NOON, **spent)
        make_run(work, stores.mine, task_id, id=run_id, **values)
        cards = [make_card(work, stores.mine, run_id, title, place) for place, title in enumerate("ab", start=1)]
        shown = runs.get(work, stores.mine, run_id)
    assert shown == {
        "id": run_id,
        "store_id": stores.mine,
        "task_id": task_id,
        "task_name": "Standup",
        "job_run_id": None,
        "trigger": "schedule",
        "scheduled_time": "2026-11-16T12:00:00Z",
        "rerun_of": None,
        "state": "succeeded",
        "waiting_for": None,
        "not_before": None,
        "attempt": 1,
        "started_at": "2026-11-16T12:00:00Z",
        "finished_at": "2026-11-16T12:00:09Z",
        "cancel_requested_at": None,
        "duration_seconds": 8.4,
        "output": "Done.",
        "error_class": None,
        "error": None,
        "created_card_ids": cards,
        "input_tokens": 900,
        "output_tokens": 40,
        "cost_usd": 0.00125,
    }


def test_a_run_that_never_started_has_no_duration(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        run_id = make_run(work, stores.mine, make_task(work, stores.mine))
        shown = runs.get(work, stores.mine, run_id)
    assert (shown["state"], shown["duration_seconds"], shown["created_card_ids"]) == ("queued", None, [])


@pytest.mark.parametrize("run_id", ["no-such-run", "00000000-0000-4000-8000-00000000ffff", ""])
def test_an_unknown_run_is_not_found(database: Database, stores: Stores, run_id: str) -> None:
    with database.reading() as work, pytest.raises(NotFound, match="no run"):
        runs.get(work, stores.mine, run_id)


def test_a_stranger_sees_nothing_of_my_runs(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        task_id = make_task(work, stores.mine)
        run_id = make_run(work, stores.mine, task_id)
        assert runs.list_all(work, stores.stranger) == []
        assert runs.list_all(work, stores.stranger, task_id=task_id) == []
        for look in (runs.get, runs.logs, runs.transcript):
            with pytest.raises(NotFound):
                look(work, stores.stranger, run_id)


def test_the_list_is_newest_first_and_can_be_narrowed(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        first, second = make_task(work, stores.mine, "First"), make_task(work, stores.mine, "Second")
        old = make_run(work, stores.mine, first, **finished())
        failed = finished("failed", error_class="refusal", queued_at=NOON + timedelta(minutes=1))
        middle = make_run(work, stores.mine, second, **failed)
        new = make_run(work, stores.mine, first, queued_at=NOON + timedelta(minutes=2))

        def ids(**narrowed: Any) -> list[str]:
            return [run["id"] for run in runs.list_all(work, stores.mine, **narrowed)]

        assert ids() == [new, middle, old]
        assert ids(limit=2) == [new, middle]
        assert ids(limit=None) == [new, middle, old]
        assert ids(task_id=first) == [new, old]
        assert ids(state="failed") == [middle]
        assert ids(state="failed", task_id=first) == []


def test_a_state_that_does_not_exist_is_refused_with_those_that_do(database: Database, stores: Stores) -> None:
    with database.reading() as work, pytest.raises(InvalidInput, match="queued, running, waiting"):
        runs.list_all(work, stores.mine, state="done")


def test_log_lines_come_in_order_with_secrets_masked(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        run_id = make_run(work, stores.mine, make_task(work, stores.mine))
        for position, fields in ((2, '{"key": "sk-ant-api03-secret"}'), (1, "{}")):
            make(
                work,
                RunLog(
                    run_id=run_id,
                    position=position,
                    store_id=stores.mine,
                    logged_at=NOON,
                    level="info",
                    event="tool.called",
                    fields=fields,
                ),
            )
        lines = runs.logs(work, stores.mine, run_id)
    assert [(line["position"], line["fields"]) for line in lines] == [(1, {}), (2, {"key": "***"})]
    assert lines[0]["logged_at"] == "2026-11-16T12:00:00Z"


def test_a_transcript_holds_request_attempts_turns_and_tool_calls(database: Database, stores: Stores) -> None:
    with database.writing() as work:
        run_id = make_run(work, stores.mine, make_task(work, stores.mine), **finished())
        make(work, RunRequest(run_id=run_id, store_id=stores.mine, request='{"model": "claude"}'))
        for attempt in (1, 2):
            make_attempt(work, stores.mine, run_id, attempt)
        said = runs.transcript(work, stores.mine, run_id)
    assert said["run"]["id"] == run_id
    assert said["request"] == {"model": "claude"}
    assert [(each["attempt"], each["opening"]) for each in said["attempts"]] == [(1, {"say": 1}), (2, {"say": 2})]
    (turn,) = said["attempts"][1]["turns"]
    assert turn["response"] == {"password": "***", "content": []}
    assert turn["tool_calls"] == [
        {
            "position": 1,
            "name": "create_card",
            "effect": "local",
            "state": "succeeded",
            "arguments": {"title": "A"},
            "result": "made",
        }
    ]


def make_attempt(work: Work, store_id: str, run_id: str, attempt: int) -> None:
    of_run: dict[str, Any] = {"run_id": run_id, "store_id": store_id}
    make(work, RunAttempt(**of_run, attempt=attempt, opening=f'{{"say": {attempt}}}', started_at=NOON))
    response = '{"password": "hunter2", "content": []}'
    make(work, Turn(**of_run, turn=attempt, attempt=attempt, response=response, created_at=NOON))
    call: dict[str, Any] = {
        "tool_use_id": "t1",
        "name": "create_card",
        "arguments": '{"title": "A"}',
        "effect": "local",
    }
    ended: dict[str, Any] = {"state": "succeeded", "result": "made", "created_at": NOON, "finished_at": NOON}
    make(work, ToolCall(**of_run, turn=attempt, position=1, **call, **ended))
