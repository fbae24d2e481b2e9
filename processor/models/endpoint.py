"""An HTTP endpoint that belongs to a job."""

from sqlmodel import SQLModel

from processor.models.columns import Count, JsonText, Key, Moment, OptionalMoment, OptionalWords, PrimaryKey, Words


class Endpoint(SQLModel, table=True):
    """A registered URL that a plan may call."""

    __tablename__ = "endpoints"

    id: PrimaryKey
    store_id: Key
    job_id: Key
    name: Words
    description: Words = ""
    method: Words
    url: Words
    headers: JsonText = "{}"
    body: OptionalWords = None
    risk: Words = "ask"
    timeout_seconds: Count = 30
    breaker_state: Words = "closed"
    breaker_failures: Count = 0
    breaker_retry_at: OptionalMoment = None
    created_at: Moment
    updated_at: Moment
    version: Count = 1
