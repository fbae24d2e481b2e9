"""Webhooks and the outbox of deliveries."""

from sqlmodel import SQLModel

from processor.models.columns import Count, JsonText, Key, Moment, OptionalMoment, OptionalWords, PrimaryKey, Words


class Webhook(SQLModel, table=True):
    """A listener outside."""

    __tablename__ = "webhooks"

    id: PrimaryKey
    store_id: Key
    url: Words
    events: JsonText
    secret_ref: Words
    enabled: bool = True
    created_at: Moment
    updated_at: Moment
    version: Count = 1


class OutboxEntry(SQLModel, table=True):
    """A delivery that is due."""

    __tablename__ = "outbox"

    id: PrimaryKey
    store_id: Key
    webhook_id: Key
    name: Words
    payload: JsonText
    state: Words = "pending"
    attempts: Count = 0
    not_before: Moment
    error: OptionalWords = None
    created_at: Moment
    delivered_at: OptionalMoment = None
