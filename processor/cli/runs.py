"""`processor runs`: what tasks did, and what can be done about it."""

import json as json_library
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from processor.cli import run_control
from processor.cli.access import looking
from processor.cli.options import DEFAULT_LIMIT, DEFAULT_STORE, All, AsJson, Limit, Store, cut, noun, verb
from processor.cli.render import show_json, show_line, show_list, show_object, show_table, show_text, show_whole
from processor.cli.reports import short
from processor.services import changed_files, naming, runs

app = noun("Runs of tasks: look at them, cancel them, run them again.")
COLUMNS = {
    "id": "ID",
    "task_name": "TASK",
    "trigger": "TRIGGER",
    "state": "STATE",
    "attempt": "ATTEMPT",
    "started_at": "STARTED",
    "duration_seconds": "SECONDS",
    "cost_usd": "USD",
    "output": "OUTPUT",
}
FIRST = ("id", "state", "task_name", "output")
LOG_COLUMNS = {"logged_at": "AT", "level": "LEVEL", "event": "EVENT", "fields": "FIELDS"}
ATTEMPT_COLUMNS = {"attempt": "ATTEMPT", "started_at": "STARTED", "finished_at": "ENDED", "error": "ERROR"}
CHANGE_COLUMNS = {"change": "CHANGE", "size_bytes": "BYTES", "path": "PATH"}
MOST_CHANGES = 20
Which = Annotated[str, typer.Argument(metavar="ID", help="The run.")]


@verb(app, "list", "processor runs list", "processor runs list --task 'Morning review' --state failed --json")
def list_runs(
    task: Annotated[str | None, typer.Option("--task", metavar="ID|NAME", help="Runs of this task only.")] = None,
    state: Annotated[str | None, typer.Option("--state", metavar="STATE", help="Runs in this state only.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    show_all: All = False,
    store: Store = DEFAULT_STORE,
    json: AsJson = False,
) -> None:
    """List runs, those asked for last first; states: queued, running, waiting, succeeded, failed, cancelled."""
    with looking(store) as (work, store_id):
        task = None if task is None else naming.task_id(work, store_id, task)
        rows = runs.list_all(work, store_id, task, state, cut(limit, show_all))
    shown = rows if json else [short(run) for run in rows]
    empty = "No runs yet: 'processor tasks run ID' makes one, or wait for a tick."
    show_list(shown, COLUMNS, as_json=json, empty=empty, first=FIRST)


@verb(app, "get", "processor runs get 0198c0de-0000-7000-8000-000000000001")
def get_run(run: Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Show one run, with its starts and how each of them ended, and the first of the changed files it was told of."""
    with looking(store) as (work, store_id):
        shown, attempts = runs.get(work, store_id, run), runs.attempts(work, store_id, run)
        changes, change_count = changed_files.of_run(work, store_id, run, MOST_CHANGES)
    told = {"change_count": change_count, "changes": changes} if change_count else {}
    show_object({**shown, **told, "attempts": attempts} if json else shown, as_json=json)
    if not json and len(attempts) > 1:
        show_table(attempts, ATTEMPT_COLUMNS)
    if not json and changes:
        show_table([each | {"path": json_library.dumps(each["path"])[1:-1]} for each in changes], CHANGE_COLUMNS)
    if not json and change_count > len(changes):
        show_line(f"… and {change_count - len(changes):,} more changed files.")


@verb(app, "logs", "processor runs logs 0198c0de-0000-7000-8000-000000000001")
def show_logs(run: Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Show the log lines of a run."""
    with looking(store) as (work, store_id):
        lines = runs.logs(work, store_id, run)
    if lines and not json:
        show_whole(lines, LOG_COLUMNS)
    else:
        show_list(lines, LOG_COLUMNS, as_json=json, empty="This run has logged nothing yet.")


@verb(app, "transcript", "processor runs transcript 0198c0de-0000-7000-8000-000000000001 --json")
def show_transcript(run: Which, store: Store = DEFAULT_STORE, json: AsJson = False) -> None:
    """Show all that was said between task, model and tools; secrets are masked."""
    with looking(store) as (work, store_id):
        said = runs.transcript(work, store_id, run)
    if json:
        show_json(said)
    else:
        show_text("\n".join(_as_talk(said)))


run_control.add_to(app)


def _as_talk(said: runs.Transcript) -> Iterator[str]:
    run = said["run"]
    yield f"Run {run['id']} of '{run['task_name']}': {run['state']}"
    if not said["attempts"]:
        yield "It has not started yet: nothing was said."
    for attempt in said["attempts"]:
        yield f"\n== Attempt {attempt['attempt']}, {attempt['started_at']}"
        yield _text(attempt["opening"])
        for turn in attempt["turns"]:
            yield from _turn(turn)
        if attempt["error"]:
            yield f"\n-- {attempt['error_class']}: {attempt['error']}"


def _turn(turn: dict[str, Any]) -> Iterator[str]:
    yield f"\n-- Turn {turn['turn']} ({turn['stop_reason']})"
    yield _text(turn["response"])
    for call in turn["tool_calls"]:
        yield f"   {call['name']}({json_library.dumps(call['arguments'], ensure_ascii=False)}) {call['state']}"
        if call["result"] is not None:
            yield f"     {call['result']}"


def _text(message: Any) -> str:
    """The words of a message; tool calls and their results are shown where they were made."""
    content = message.get("content", "") if isinstance(message, dict) else message
    if isinstance(content, str):
        return content
    blocks = [block for block in content or () if isinstance(block, dict)]
    return "\n".join(str(block["text"]) for block in blocks if isinstance(block.get("text"), str))
