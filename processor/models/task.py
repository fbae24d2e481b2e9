"""A task: a prompt and a reason to run."""

from sqlmodel import SQLModel

from processor.models.columns import (
    Count,
    Key,
    Moment,
    OptionalCount,
    OptionalJsonText,
    OptionalKey,
    OptionalMoment,
    OptionalWords,
    PrimaryKey,
    Ratio,
    Words,
)


class Task(SQLModel, table=True):
    """A prompt plus a schedule, retry policy, budget and permissions."""

    __tablename__ = "tasks"

    id: PrimaryKey
    store_id: Key
    job_id: OptionalKey = None
    position: OptionalCount = None
    project_id: OptionalKey = None
    name: Words
    description: Words = ""
    kind: Words = "agent"
    prompt: Words
    schedule_type: Words
    interval_seconds: OptionalCount = None
    anchor_at: OptionalMoment = None
    cron: OptionalWords = None
    timezone: OptionalWords = None
    once_at: OptionalMoment = None
    watch_path: OptionalWords = None
    settle_seconds: Count = 60
    min_interval_seconds: OptionalCount = None
    max_interval_seconds: OptionalCount = None
    fallback: Words = "baseline"
    enabled: bool = True
    paused_until: OptionalMoment = None
    cursor_at: Moment
    next_run_at: OptionalMoment = None
    held: bool = False
    held_slot: OptionalMoment = None
    last_run_at: OptionalMoment = None
    max_retries: Count = 3
    retry_delay_seconds: Count = 60
    retry_multiplier: Ratio = 2.0
    retry_cap_seconds: Count = 3_600
    retry_jitter: bool = True
    retry_on: OptionalJsonText = None
    misfire: OptionalWords = None
    overlap: Words = "skip"
    priority: Count = 3
    sender: OptionalWords = None
    deadline_at: OptionalMoment = None
    deadline_seconds: OptionalCount = None
    model: Words = "standard"
    delivery: Words = "live"
    tools: OptionalJsonText = None
    budget_nanousd: Count = 250_000_000
    max_turns: Count = 15
    timeout_seconds: Count = 300
    gate: OptionalJsonText = None
    outcome: OptionalJsonText = None
    created_at: Moment
    updated_at: Moment
    version: Count = 1


class TaskNote(SQLModel, table=True):
    """What an agent left for the next run of its task."""

    __tablename__ = "task_notes"

    task_id: PrimaryKey
    store_id: Key
    body: Words
    updated_at: Moment
