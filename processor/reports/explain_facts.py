"""What is known of one task, its slots, its runs and what stands in everybody's way."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from processor.errors import NotFound
from processor.reports.explain_step import StepFacts
from processor.rules import retry
from processor.rules.retry import RetryPolicy
from processor.rules.schedules import Schedule, from_columns
from processor.rules.schedules.file_watch import DEFAULT_SETTLE_SECONDS, FileWatch
from processor.settings import Settings
from processor.storage import adaptive, ticks
from processor.storage.work import Work

SLOTS_SHOWN = 5
_SCHEDULE = ("schedule_type", "interval_seconds", "anchor_at", "cron", "timezone", "once_at")


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """The task; instants here and below are epoch seconds."""

    id: str
    name: str
    schedule: Schedule
    schedule_type: str
    timezone: str | None
    enabled: bool
    paused_until: int | None
    held: bool
    held_slot: int | None
    next_run_at: int | None
    retries: RetryPolicy
    overlap: str
    misfire: str
    misfire_of_store: bool
    budget_nanousd: int
    max_turns: int
    timeout_seconds: int
    watch_path: str | None = None
    settle_seconds: int = DEFAULT_SETTLE_SECONDS
    first_look_at: int | None = None
    watch_warning: str | None = None
    settling_count: int = 0
    """Files that look different from what runs know of them."""


@dataclass(frozen=True, slots=True)
class SlotFacts:
    """A row of the ledger; `run_state` is empty where there is no run, or no longer."""

    scheduled_time: int
    until_time: int | None
    slot_count: int
    disposition: str
    processed_at: int
    run_id: str | None
    run_state: str | None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run of the task."""

    id: str
    trigger: str
    job_run_id: str | None
    rerun_of: str | None
    scheduled_time: int | None
    state: str
    waiting_for: str | None
    waiting_since: int | None
    not_before: int | None
    attempt: int
    recoveries: int
    turns: int
    cost_nanousd: int
    queued_at: int
    started_at: int | None
    finished_at: int | None
    lease_expires_at: int | None
    cancel_requested_at: int | None
    error_class: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    """An attempt that failed."""

    attempt: int
    error_class: str
    error: str | None


@dataclass(frozen=True, slots=True)
class CircuitFacts:
    """A provider that refuses us."""

    provider: str
    reason: str
    opened_at: int
    retry_at: int


@dataclass(frozen=True, slots=True)
class GovernedFacts:
    """The schedule of an adaptive task in words, and why its next time is what it is."""

    schedule_text: str
    said: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the sentences are made of."""

    now: int
    window_seconds: int
    task: TaskFacts
    step: StepFacts | None = None
    governed: GovernedFacts | None = None
    slots: Sequence[SlotFacts] = ()
    """The latest, newest first."""
    open_runs: Sequence[RunFacts] = ()
    """The live run first."""
    latest_run: RunFacts | None = None
    """The run that ended last."""
    failed_attempts: Sequence[AttemptFacts] = ()
    """Of the first open run, or else of the run that ended last."""
    circuits: Sequence[CircuitFacts] = ()
    stop_reason: str | None = None
    ticked_at: int | None = None


def gather(work: Work, settings: Settings, store_id: str, task_id: str) -> Facts:
    """Read the facts of one task of this store; raises NotFound."""
    row = work.mapping("explain.task", id=task_id, store_id=store_id)
    if row is None:
        raise NotFound(f"There is no task {task_id!r} in this store: list them to find its id")
    of_task = {"task_id": task_id, "store_id": store_id}
    open_runs = _all(RunFacts, work, "explain.open_runs", **of_task)
    ended = _all(RunFacts, work, "explain.latest_run", **of_task)
    told_of = (open_runs or ended)[:1]
    return Facts(
        now=work.now,
        window_seconds=settings.window_seconds,
        task=_task(row),
        governed=_governed(work, task_id) if row["schedule_type"] == "adaptive" else None,
        step=next(iter(_all(StepFacts, work, "explain.step", **of_task)), None),
        slots=_all(SlotFacts, work, "explain.slots", limit=SLOTS_SHOWN, **of_task),
        open_runs=open_runs,
        latest_run=ended[0] if ended else None,
        failed_attempts=[
            attempt
            for run in told_of
            for attempt in _all(AttemptFacts, work, "explain.failed_attempts", run_id=run.id, store_id=store_id)
        ],
        circuits=_all(CircuitFacts, work, "explain.circuits"),
        stop_reason=_stop_reason(work, settings),
        ticked_at=work.run("explain.latest_tick").scalar_one(),
    )


def _task(row: dict[str, Any]) -> TaskFacts:
    kept = {field.name: row[field.name] for field in fields(TaskFacts) if field.name not in {"schedule", "retries"}}
    kept |= {name: bool(row[name]) for name in ("enabled", "held", "misfire_of_store")}
    schedule = from_columns(*(row[name] for name in _SCHEDULE))
    if row["watch_path"] is not None:
        schedule = FileWatch(row["watch_path"], row["settle_seconds"])
    return TaskFacts(schedule=schedule, retries=retry.from_columns(*(row[name] for name in retry.COLUMNS)), **kept)


def _governed(work: Work, task_id: str) -> GovernedFacts | None:
    said = adaptive.said(work, [task_id]).get(task_id)
    return next((GovernedFacts(each.schedule.describe(), said) for each in adaptive.governed(work, [task_id])), None)


_Row = TypeVar("_Row")


def _all(kind: type[_Row], work: Work, statement: str, **values: object) -> list[_Row]:
    return [kind(**row) for row in work.run(statement, **values).mappings()]


def _stop_reason(work: Work, settings: Settings) -> str | None:
    return "PROCESSOR_STOP or the stop file says so" if settings.stop_requested else ticks.stop_reason(work)
