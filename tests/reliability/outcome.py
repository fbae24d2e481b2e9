"""What runs have left behind, read from the rows: whether it is all there once, and whether it is what it should be."""

import re
from collections import Counter
from typing import Any

from sqlmodel import col, select

from processor.models import Card, LedgerRow, LlmCall, Run, RunCard, Task, ToolCall, Turn
from processor.models.run import RunAttempt
from processor.storage.database import Database
from processor.storage.work import Work
from tests.reliability.scene import CARDS, NOTE

TURNS = 3
TOOL_NAMES = ("create_card", "write_note", "create_card", "finish_run")
_CHANGING = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def shortcomings(database: Database) -> list[str]:
    """What is missing or too much, where each task had one slot and ran its three turns."""
    with database.reading() as work:
        tasks = [task.id for task in work.session.exec(select(Task))]
        runs = list(work.session.exec(select(Run)))
        found = _of_slots(work, tasks, runs)
        for run in runs:
            found += _of_run(work, run)
        return found


def shortcomings_of_steps(database: Database, task_ids: list[str]) -> list[str]:
    """What is missing or too much, where each of these tasks was a step once and ran its three turns."""
    with database.reading() as work:
        runs = list(work.session.exec(select(Run).where(col(Run.task_id).in_(task_ids))))
        found = [said for run in runs for said in _of_run(work, run)]
        per_task = Counter(run.task_id for run in runs)
        return found + [f"task {task} has {per_task[task]} runs" for task in task_ids if per_task[task] != 1]


def _of_slots(work: Work, tasks: list[str], runs: list[Run]) -> list[str]:
    ledger = Counter((row.task_id, row.disposition, str(row.run_id)) for row in work.session.exec(select(LedgerRow)))
    expected = Counter((run.task_id, "claimed", run.id) for run in runs)
    found = [f"slot and run do not match: {row}" for row in (ledger - expected) + (expected - ledger)]
    per_task = Counter(run.task_id for run in runs)
    return found + [f"task {task} has {per_task[task]} first runs" for task in tasks if per_task[task] != 1]


def _of_run(work: Work, run: Run) -> list[str]:
    calls = Counter(call.state for call in rows(work, LlmCall, run.id))
    turns = [turn.turn for turn in rows(work, Turn, run.id)]
    tools = [(call.name, call.state) for call in rows(work, ToolCall, run.id)]
    checks = {
        f"state {run.state} ({run.error_class})": run.state == "succeeded",
        f"attempt {run.attempt}": run.attempt == 1,
        f"fence {run.fence} after {run.recoveries} recoveries": run.fence > run.recoveries,
        f"turns {turns}": turns == list(range(1, TURNS + 1)),
        f"tool calls {tools}": sorted(tools) == sorted((name, "succeeded") for name in TOOL_NAMES),
        f"cards {titles(work, run.id)}": sorted(titles(work, run.id)) == sorted(CARDS),
        f"model calls {dict(calls)}": calls["answered"] == TURNS and calls["lost"] < run.fence,
        f"note {note(work, run.task_id)}": note(work, run.task_id) == NOTE,
    }
    return [f"run {run.id}: {said}" for said, good in checks.items() if not good]


def rows(work: Work, model: Any, run_id: str) -> list[Any]:
    """The rows of a run in the order of its turns."""
    order = [col(getattr(model, name)) for name in ("turn", "position", "started_at") if hasattr(model, name)]
    return list(work.session.exec(select(model).where(model.run_id == run_id).order_by(*order)))


def titles(work: Work, run_id: str) -> list[str]:
    """The titles of the cards that a run has made, in no order."""
    made = select(Card.title).join(RunCard, col(RunCard.card_id) == col(Card.id)).where(RunCard.run_id == run_id)
    return list(work.session.exec(made))


def note(work: Work, task_id: str) -> str | None:
    """What the task's last run has left for the next."""
    found: str | None = work.connection.exec_driver_sql(
        f"SELECT body FROM task_notes WHERE task_id = '{task_id}'"
    ).scalar()
    return found


def portrait(database: Database, task_id: str) -> dict[str, Any]:
    """The only run of a task with all that it did, without what differs from one run to the next: ids and instants."""
    with database.reading() as work:
        (run,) = work.session.exec(select(Run).where(Run.task_id == task_id))
        columns = ("state", "attempt", "turns", "tool_calls", "input_tokens", "output_tokens", "output", "error")
        return {
            **{name: getattr(run, name) for name in columns},
            "opening": [_lasting(each.opening) for each in rows(work, RunAttempt, run.id)],
            "responses": [turn.response for turn in rows(work, Turn, run.id)],
            "replies": [_lasting(turn.reply) for turn in rows(work, Turn, run.id)],
            "tools": [
                (call.turn, call.position, call.name, call.arguments, call.state, _lasting(call.result))
                for call in rows(work, ToolCall, run.id)
            ],
            "answered": [call.turn for call in rows(work, LlmCall, run.id) if call.state == "answered"],
            "cards": sorted(titles(work, run.id)),
            "board": sorted(
                card.title for card in work.session.exec(select(Card).where(Card.store_id == run.store_id))
            ),
            "note": note(work, run.task_id),
        }


def _lasting(text: str | None) -> str | None:
    return None if text is None else _CHANGING.sub("…", text)
