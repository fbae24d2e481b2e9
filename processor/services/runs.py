"""Runs: the run object, its log lines and its transcript; what a tick would run, and a run asked for by hand."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypedDict

from processor.errors import Conflict
from processor.rules.instants import iso, iso_or_none
from processor.rules.redaction import redacted, redacted_throughout
from processor.rules.run_state import MOST_RECOVERIES, SUSPECT_RECOVERIES, RunState, Trigger
from processor.services import changes, checks
from processor.storage.events import emit
from processor.storage.work import Row, Work

Columns = Mapping[Any, Any]


class RunView(TypedDict):
    """A run as the command line and the API show it; instants are ISO 8601 in UTC, money is in dollars."""

    id: str
    store_id: str
    task_id: str
    task_name: str
    job_run_id: str | None
    trigger: str
    scheduled_time: str | None
    rerun_of: str | None
    state: str
    waiting_for: str | None
    not_before: str | None
    attempt: int
    started_at: str | None
    finished_at: str | None
    cancel_requested_at: str | None
    duration_seconds: float | None
    output: str | None
    error_class: str | None
    error: str | None
    created_card_ids: list[str]
    input_tokens: int
    output_tokens: int
    cost_usd: float


class LogLine(TypedDict):
    """A log line of a run."""

    position: int
    logged_at: str
    level: str
    event: str
    fields: dict[str, Any]


class Attempt(TypedDict):
    """A start of a run; without a `finished_at` it is under way, or waits to be gone on with."""

    attempt: int
    started_at: str | None
    finished_at: str | None
    error_class: str | None
    error: str | None


class Transcript(TypedDict):
    """What was said: the frozen request, and for each attempt its opening message and its turns. Secrets are masked."""

    run: RunView
    request: dict[str, Any] | None
    attempts: list[dict[str, Any]]


def get(work: Work, store_id: str, run_id: str) -> RunView:
    """Return one run of this store; raises NotFound."""
    row = work.mapping("run_views.among", ids=json.dumps([checks.known_id(run_id, "run")]), store_id=store_id)
    if row is None:
        raise checks.unknown("run", run_id)
    return _view(row)


def among(work: Work, run_ids: Collection[str]) -> list[RunView]:
    """Return those of these runs, of any store, that there are, in the order in which they are named."""
    found = {
        row["id"]: row for row in work.run("run_views.among", ids=json.dumps(list(run_ids)), store_id=None).mappings()
    }
    return [_view(found[run_id]) for run_id in run_ids if run_id in found]


def list_all(
    work: Work, store_id: str, task_id: str | None = None, state: str | None = None, limit: int | None = None
) -> list[RunView]:
    """Return runs of one task and in one state, if given, those asked for last first, at most `limit`."""
    task_id = None if task_id is None else checks.known_id(task_id, "task")
    state = None if state is None else checks.choice(state, "state", [each.value for each in RunState])
    limit = checks.limit(limit)
    found = work.run("run_views.newest", store_id=store_id, task_id=task_id, state=state, limit=limit)
    return [_view(row) for row in found.mappings()]


def logs(work: Work, store_id: str, run_id: str) -> list[LogLine]:
    """Return the log lines of a run, oldest first; raises NotFound."""
    run = get(work, store_id, run_id)
    return [_log_line(row) for row in work.run("run_views.logs", run_id=run["id"], store_id=store_id).mappings()]


def attempts(work: Work, store_id: str, run_id: str) -> list[Attempt]:
    """Return the starts of a run, oldest first, and how each that has ended did; raises NotFound."""
    run = get(work, store_id, run_id)
    return [_attempt(row) for row in work.run("run_views.attempts", run_id=run["id"], store_id=store_id).mappings()]


def transcript(work: Work, store_id: str, run_id: str) -> Transcript:
    """Return all that was said in a run; raises NotFound."""
    run = get(work, store_id, run_id)
    of_run = {"run_id": run["id"], "store_id": store_id}
    request = work.mapping("run_views.request", **of_run)
    attempts = [_opened(row) for row in work.run("run_views.attempts", **of_run).mappings()]
    calls = work.run("run_views.tool_calls", **of_run).mappings()
    for row in work.run("run_views.turns", **of_run).mappings():
        turn = _turn(row) | {"tool_calls": [_tool_call(call) for call in calls if call["turn"] == row["turn"]]}
        next(each for each in attempts if each["attempt"] == row["attempt"])["turns"].append(turn)
    return {"run": run, "request": _said(request["request"]) if request else None, "attempts": attempts}


def request(work: Work, store_id: str, task_id: str, idempotency_key: str | None = None) -> RunView:
    """Queue a run of the task, asked for by hand.

    Raises NotFound, and Conflict while the task has an open run.
    """
    task = work.first("tasks.lock", store_id=store_id, id=checks.known_id(task_id, "task"))
    if task is None:
        raise checks.unknown("task", task_id)
    require_no_open_run(work, task.id)
    return queue(work, store_id, task.id, trigger=Trigger.MANUAL, idempotency_key=idempotency_key)


def queue(
    work: Work,
    store_id: str,
    task_id: str,
    *,
    trigger: str,
    scheduled_time: int | None = None,
    rerun_of: str | None = None,
    idempotency_key: str | None = None,
) -> RunView:
    """Queue a run of a task that is there; `scheduled_time` in epoch seconds."""
    run_id = checks.new_id()
    work.run(
        "runs.request",
        id=run_id,
        store_id=store_id,
        task_id=task_id,
        trigger=trigger,
        scheduled_time=scheduled_time,
        rerun_of_id=rerun_of,
        idempotency_key=idempotency_key,
        now=work.now,
    )
    requested = {"task_id": task_id, "trigger": trigger, "rerun_of": rerun_of}
    emit(work, "run.requested", store_id, run_id, **requested)
    changes.record(work, "run.requested", store_id, run_id, after=requested)
    return get(work, store_id, run_id)


def planned_request(work: Work, store_id: str, task_id: str) -> dict[str, Any]:
    """Return the run that `request` would queue, without an id; raises what that raises."""
    task_id = checks.known_id(task_id, "task")
    (task,) = work.all("tasks.among", ids=json.dumps([task_id])) or [None]
    if task is None or task.store_id != store_id:
        raise checks.unknown("task", task_id)
    require_no_open_run(work, task_id)
    return dict(_view(_unborn(task, None))) | {"trigger": Trigger.MANUAL}


def require_no_open_run(work: Work, task_id: str) -> None:
    """Raise Conflict while a run of the task is queued, running or waiting."""
    found = work.first("runs.open_of_task", task_id=task_id)
    if found is not None:
        raise Conflict(f"Run {found.id} of the task is {found.state}: wait until it has ended", found.id)


def ready(work: Work, store_id: str | None) -> list[RunView]:
    """Return the runs that a tick would take up now, in its order, of one store or of all."""
    found = work.all(
        "run_views.ready",
        now=work.now,
        store_id=store_id,
        suspect_count=SUSPECT_RECOVERIES,
        most_count=MOST_RECOVERIES,
    )
    return among(work, [row.id for row in found])


def planned(work: Work, slots: Mapping[str, Sequence[int]]) -> list[dict[str, Any]]:
    """Return run objects without an id: the runs that would come of these slots (task id → epoch seconds)."""
    found = work.all("tasks.among", ids=json.dumps(list(slots)))
    return [dict(_view(_unborn(task, slot))) for task in found for slot in slots[task.id]]


def _unborn(task: Row, slot: int | None) -> Columns:
    nothing = dict.fromkeys(RunView.__annotations__)
    counts = dict.fromkeys(("attempt", "active_ms", "input_tokens", "output_tokens", "cost_nanousd"), 0)
    names = {"store_id": task.store_id, "task_id": task.id, "task_name": task.name}
    return nothing | counts | names | {"trigger": Trigger.SCHEDULE, "scheduled_time": slot, "state": RunState.QUEUED}


def _view(row: Columns) -> RunView:
    started = row["started_at"] is not None
    return {
        "id": row["id"],
        "store_id": row["store_id"],
        "task_id": row["task_id"],
        "task_name": row["task_name"],
        "job_run_id": row["job_run_id"],
        "trigger": row["trigger"],
        "scheduled_time": iso_or_none(row["scheduled_time"]),
        "rerun_of": row["rerun_of"],
        "state": row["state"],
        "waiting_for": row["waiting_for"],
        "not_before": iso_or_none(row["not_before"]),
        "attempt": row["attempt"],
        "started_at": iso_or_none(row["started_at"]),
        "finished_at": iso_or_none(row["finished_at"]),
        "cancel_requested_at": iso_or_none(row["cancel_requested_at"]),
        "duration_seconds": row["active_ms"] / 1000 if started else None,
        "output": _masked(row["output"]),
        "error_class": row["error_class"],
        "error": _masked(row["error"]),
        "created_card_ids": (row["created_card_ids"] or "").split(),
        "input_tokens": row["input_tokens"],
        "output_tokens": row["output_tokens"],
        "cost_usd": checks.usd(row["cost_nanousd"]),
    }


def _log_line(row: Columns) -> LogLine:
    return {
        "position": row["position"],
        "logged_at": iso(row["logged_at"]),
        "level": row["level"],
        "event": row["event"],
        "fields": _said(row["fields"]),
    }


def _attempt(row: Columns) -> Attempt:
    return {
        "attempt": row["attempt"],
        "started_at": iso_or_none(row["started_at"]),
        "finished_at": iso_or_none(row["finished_at"]),
        "error_class": row["error_class"],
        "error": _masked(row["error"]),
    }


def _opened(row: Columns) -> dict[str, Any]:
    return {**_attempt(row), "opening": _said(row["opening"]), "turns": []}


def _turn(row: Columns) -> dict[str, Any]:
    return {
        "turn": row["turn"],
        "created_at": iso(row["created_at"]),
        "stop_reason": row["stop_reason"],
        "response": _said(row["response"]),
        "reply": _said(row["reply"]),
    }


def _tool_call(row: Columns) -> dict[str, Any]:
    return {
        "position": row["position"],
        "name": row["name"],
        "effect": row["effect"],
        "state": row["state"],
        "arguments": _said(row["arguments"]),
        "result": _masked(row["result"]),
    }


def _said(text: str | None) -> Any:
    return None if text is None else redacted_throughout(json.loads(text))


def _masked(text: str | None) -> str | None:
    return None if text is None else redacted(text)
