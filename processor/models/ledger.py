"""The slot ledgers of tasks and of jobs: what became of each nominal time."""

from sqlmodel import SQLModel

from processor.models.columns import Count, Key, Moment, OptionalKey, OptionalMoment, PrimaryKey, PrimaryMoment, Words


class LedgerRow(SQLModel, table=True):
    """One slot (or a range of unclaimed ones) and what became of it."""

    __tablename__ = "processed_task_executions"

    task_id: PrimaryKey
    scheduled_time: PrimaryMoment
    store_id: PrimaryKey
    disposition: Words
    run_id: OptionalKey = None
    until_time: OptionalMoment = None
    slot_count: Count = 1
    batch_id: Key
    processed_at: Moment


class JobLedgerRow(SQLModel, table=True):
    """One slot of a job (or a range of unclaimed ones) and what became of it."""

    __tablename__ = "processed_job_executions"

    job_id: PrimaryKey
    scheduled_time: PrimaryMoment
    store_id: PrimaryKey
    disposition: Words
    job_run_id: OptionalKey = None
    until_time: OptionalMoment = None
    slot_count: Count = 1
    processed_at: Moment
