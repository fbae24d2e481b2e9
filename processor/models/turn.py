"""A turn of the conversation, its model calls and its tool calls."""

from sqlmodel import SQLModel

from processor.models.columns import (
    Count,
    JsonText,
    Key,
    Moment,
    OptionalCount,
    OptionalJsonText,
    OptionalMoment,
    OptionalWords,
    PrimaryCount,
    PrimaryKey,
    Words,
)


class Turn(SQLModel, table=True):
    """A model response and the one message that answers it, verbatim."""

    __tablename__ = "turns"

    run_id: PrimaryKey
    turn: PrimaryCount
    store_id: Key
    attempt: Count
    response: JsonText
    stop_reason: OptionalWords = None
    reply: OptionalJsonText = None
    created_at: Moment


class LlmCall(SQLModel, table=True):
    """A model call, written before it is made."""

    __tablename__ = "llm_calls"

    id: PrimaryKey
    store_id: Key
    run_id: Key
    turn: Count
    fence: Count
    model: Words
    state: Words = "open"
    tries: Count = 0
    estimated_nanousd: Count = 0
    cost_nanousd: Count = 0
    input_tokens: Count = 0
    output_tokens: Count = 0
    cache_write_tokens: Count = 0
    cache_read_tokens: Count = 0
    provider_request_id: OptionalWords = None
    error: OptionalWords = None
    started_at: Moment
    duration_ms: OptionalCount = None


class ToolCall(SQLModel, table=True):
    """A tool call: the intent comes with the response, the result with the effect."""

    __tablename__ = "tool_calls"

    run_id: PrimaryKey
    turn: PrimaryCount
    position: PrimaryCount
    store_id: Key
    tool_use_id: Words
    name: Words
    arguments: JsonText
    effect: Words
    state: Words = "intended"
    result: OptionalWords = None
    created_at: Moment
    finished_at: OptionalMoment = None
