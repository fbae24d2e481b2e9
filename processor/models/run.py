"""A run: one execution of a task, and what it needs to go on elsewhere."""

from sqlmodel import SQLModel

from processor.models.columns import (
    Count,
    JsonText,
    Key,
    Moment,
    OptionalCount,
    OptionalKey,
    OptionalMoment,
    OptionalWords,
    PrimaryCount,
    PrimaryKey,
    Words,
)


class Run(SQLModel, table=True):
    """One execution of a task for one nominal time."""

    __tablename__ = "runs"

    id: PrimaryKey
    store_id: Key
    task_id: Key
    job_run_id: OptionalKey = None
    position: OptionalCount = None
    trigger: Words
    scheduled_time: OptionalMoment = None
    rerun_of: OptionalKey = None
    idempotency_key: OptionalWords = None
    state: Words = "queued"
    waiting_for: OptionalWords = None
    not_before: OptionalMoment = None
    waiting_since: OptionalMoment = None
    priority: Count = 3
    attempt: Count = 0
    recoveries: Count = 0
    fence: Count = 0
    recovery_fence: Count = 0
    worker_id: OptionalKey = None
    lease_expires_at: OptionalMoment = None
    cancel_requested_at: OptionalMoment = None
    queued_at: Moment
    started_at: OptionalMoment = None
    finished_at: OptionalMoment = None
    active_ms: Count = 0
    turns: Count = 0
    tool_calls: Count = 0
    input_tokens: Count = 0
    output_tokens: Count = 0
    cost_nanousd: Count = 0
    model: OptionalWords = None
    output: OptionalWords = None
    error_class: OptionalWords = None
    error: OptionalWords = None


class RunRequest(SQLModel, table=True):
    """The rendered request, frozen when the run starts."""

    __tablename__ = "run_requests"

    run_id: PrimaryKey
    store_id: Key
    request: JsonText


class RunAttempt(SQLModel, table=True):
    """One start of a run, and the message that opened its conversation."""

    __tablename__ = "run_attempts"

    run_id: PrimaryKey
    attempt: PrimaryCount
    store_id: Key
    opening: JsonText
    started_at: Moment
    finished_at: OptionalMoment = None
    error_class: OptionalWords = None
    error: OptionalWords = None


class RunLog(SQLModel, table=True):
    """A log line of a run."""

    __tablename__ = "run_logs"

    run_id: PrimaryKey
    position: PrimaryCount
    store_id: Key
    logged_at: Moment
    level: Words
    event: Words
    fields: JsonText = "{}"
