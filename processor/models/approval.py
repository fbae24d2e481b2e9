"""An approval: a person's decision about one tool call."""

from sqlmodel import SQLModel

from processor.models.columns import (
    Count,
    Key,
    Moment,
    OptionalJsonText,
    OptionalMoment,
    OptionalWords,
    PrimaryKey,
    Words,
)


class Approval(SQLModel, table=True):
    """A decision that covers exactly the arguments that were shown."""

    __tablename__ = "approvals"

    id: PrimaryKey
    store_id: Key
    run_id: Key
    turn: Count
    position: Count
    arguments_hash: Words
    state: Words = "pending"
    edited_arguments: OptionalJsonText = None
    note: OptionalWords = None
    decided_by: OptionalWords = None
    requested_at: Moment
    expires_at: Moment
    decided_at: OptionalMoment = None
