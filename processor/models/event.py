"""Events and the audit log: what happened, and who did it."""

from sqlmodel import SQLModel

from processor.models.columns import JsonText, Moment, OptionalJsonText, OptionalKey, Serial, Words


class Event(SQLModel, table=True):
    """A dotted, past-tense domain event."""

    __tablename__ = "events"

    id: Serial = None
    store_id: OptionalKey = None
    name: Words
    subject_id: OptionalKey = None
    payload: JsonText = "{}"
    occurred_at: Moment


class AuditEntry(SQLModel, table=True):
    """Who changed what."""

    __tablename__ = "audit_log"

    id: Serial = None
    store_id: OptionalKey = None
    actor: Words
    action: Words
    subject_id: OptionalKey = None
    before: OptionalJsonText = None
    after: OptionalJsonText = None
    happened_at: Moment
