"""Adaptive schedules: what agents propose for the next time of their task, and what their governor decided."""

from sqlmodel import SQLModel

from processor.models.columns import (
    JsonText,
    Key,
    Moment,
    OptionalCount,
    OptionalKey,
    OptionalMoment,
    PrimaryKey,
    Serial,
    Words,
)


class ScheduleProposal(SQLModel, table=True):
    """What an agent asked for, and what became of it."""

    __tablename__ = "schedule_proposals"

    id: PrimaryKey
    store_id: Key
    task_id: Key
    run_id: Key
    wanted_at: Moment
    after_seconds: OptionalCount = None
    reason: Words
    expires_at: OptionalMoment = None
    state: Words = "open"
    proposed_at: Moment
    settled_at: OptionalMoment = None


class ScheduleDecision(SQLModel, table=True):
    """A next time, with all that it was made of."""

    __tablename__ = "schedule_decisions"

    id: Serial = None
    store_id: Key
    task_id: Key
    decided_at: Moment
    next_run_at: OptionalMoment = None
    source: Words
    inputs: JsonText
    proposal_id: OptionalKey = None
    run_id: OptionalKey = None
    said: Words
