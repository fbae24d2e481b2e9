"""A job: an ordered container of tasks, and its passes."""

from sqlmodel import SQLModel

from processor.models.columns import (
    Count,
    Key,
    Moment,
    OptionalCount,
    OptionalMoment,
    OptionalWords,
    PrimaryCount,
    PrimaryKey,
    Words,
)


class Job(SQLModel, table=True):
    """An ordered group of tasks."""

    __tablename__ = "jobs"

    id: PrimaryKey
    store_id: Key
    name: Words
    description: Words = ""
    status: Words = "pending"
    schedule_type: Words = "manual"
    interval_seconds: OptionalCount = None
    anchor_at: OptionalMoment = None
    cron: OptionalWords = None
    timezone: OptionalWords = None
    once_at: OptionalMoment = None
    cursor_at: Moment
    next_run_at: OptionalMoment = None
    created_at: Moment
    updated_at: Moment
    version: Count = 1


class JobRun(SQLModel, table=True):
    """One pass through a job's sequence."""

    __tablename__ = "job_runs"

    id: PrimaryKey
    store_id: Key
    job_id: Key
    number: Count = 1
    trigger: Words
    scheduled_time: OptionalMoment = None
    state: Words
    first_position: Count = 1
    position: Count = 1
    started_at: Moment
    finished_at: OptionalMoment = None


class JobRunStep(SQLModel, table=True):
    """A place in the order as it was when the pass began."""

    __tablename__ = "job_run_steps"

    job_run_id: PrimaryKey
    position: PrimaryCount
    store_id: Key
    task_id: Key
    skip_reason: OptionalWords = None
