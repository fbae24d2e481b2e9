"""A tick: one invocation of process-tasks."""

from sqlmodel import SQLModel

from processor.models.columns import (
    Count,
    JsonText,
    Moment,
    OptionalCount,
    OptionalMoment,
    OptionalWords,
    PrimaryCount,
    PrimaryKey,
    Words,
)


class Tick(SQLModel, table=True):
    """One invocation that found something to do."""

    __tablename__ = "ticks"

    id: PrimaryKey
    host: Words
    pid: Count
    started_at: Moment
    finished_at: OptionalMoment = None
    exit_code: OptionalCount = None
    error: OptionalWords = None
    counts: JsonText = "{}"
    duration_ms: OptionalCount = None
    cpu_ms: OptionalCount = None
    memory_bytes: OptionalCount = None


class LatestEdit(SQLModel, table=True):
    """When somebody last changed a task, to the minute."""

    __tablename__ = "latest_edit"

    id: PrimaryCount
    edited_at: Moment


class Heartbeat(SQLModel, table=True):
    """The latest tick, idle ones included."""

    __tablename__ = "heartbeat"

    id: PrimaryCount
    ticked_at: OptionalMoment = None
    idle_ticks: Count = 0
