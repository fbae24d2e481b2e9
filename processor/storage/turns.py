"""A run's transcript in the database: the frozen request, openings, turns, tool calls and the ledger of model calls."""

import json
from dataclasses import dataclass
from typing import Any

from processor.storage.runs import Claim
from processor.storage.work import Work


@dataclass(slots=True)
class TurnRow:
    """A recorded turn; `reply` stays None until every tool call has been answered."""

    turn: int
    response: str
    stop_reason: str | None
    reply: str | None


@dataclass(slots=True)
class ToolCallRow:
    """A tool call; `arguments` is JSON, `result` None until it was answered."""

    position: int
    tool_use_id: str
    name: str
    arguments: str
    effect: str
    state: str
    result: str | None


@dataclass(frozen=True, slots=True)
class CallBooking:
    """What is known of a model call when it ended."""

    state: str
    tries: int = 0
    cost_nanousd: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_write_tokens: int = 0
    cache_read_tokens: int = 0
    request: str | None = None
    error: str | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a run's log."""

    level: str
    event: str
    fields: str


def frozen_request(work: Work, run_id: str) -> str | None:
    """The request as it was rendered when the run first started."""
    row = work.first("turns.request", run_id=run_id)
    return None if row is None else str(row.request)


def freeze_request(work: Work, claim: Claim, request: str) -> None:
    """Keep the rendered request for as long as the run lives."""
    work.later("turns.freeze", run_id=claim.run_id, store_id=claim.store_id, request=request)


def opening(work: Work, claim: Claim) -> str | None:
    """The message that opened this attempt's conversation."""
    row = work.first("turns.opening", run_id=claim.run_id, attempt=claim.attempt)
    return None if row is None else str(row.opening)


def open_attempt(work: Work, claim: Claim, message: str) -> None:
    """Begin an attempt with the message that opens its conversation."""
    work.later(
        "turns.open_attempt",
        run_id=claim.run_id,
        attempt=claim.attempt,
        store_id=claim.store_id,
        opening=message,
        now=work.now,
    )


def of_attempt(work: Work, claim: Claim) -> list[TurnRow]:
    """The turns of this attempt so far."""
    return [
        TurnRow(row.turn, row.response, row.stop_reason, row.reply)
        for row in work.all("turns.of_attempt", run_id=claim.run_id, attempt=claim.attempt)
    ]


def begin_call(work: Work, claim: Claim, call_id: str, turn: int, model: str, estimated_nanousd: int) -> None:
    """Write the call down before it is made."""
    work.later(
        "turns.begin_call",
        id=call_id,
        store_id=claim.store_id,
        run_id=claim.run_id,
        turn=turn,
        fence=claim.fence,
        model=model,
        estimated_nanousd=estimated_nanousd,
        now=work.now,
    )


def end_call(work: Work, call_id: str, booking: CallBooking) -> None:
    """Settle the call."""
    work.later("turns.end_call", id=call_id, **{name: getattr(booking, name) for name in CallBooking.__slots__})


def withdraw_call(work: Work, call_id: str) -> None:
    """Take back a call that was written down and not made."""
    work.later("turns.withdraw_call", id=call_id)


def lose_calls(work: Work, run_id: str, error: str = "its worker went silent") -> int:
    """Book the calls of a run that are still open as lost; return their estimated cost in nano-dollars."""
    return sum(row.cost_nanousd for row in work.all("turns.lose_calls", run_id=run_id, error=error))


def record(work: Work, claim: Claim, row: TurnRow, calls: list[ToolCallRow]) -> None:
    """Keep the response verbatim, with the tool calls it asks for as far as they have been answered."""
    work.later(
        "turns.record",
        run_id=claim.run_id,
        turn=row.turn,
        store_id=claim.store_id,
        attempt=claim.attempt,
        response=row.response,
        stop_reason=row.stop_reason,
        reply=row.reply,
        now=work.now,
    )
    if calls:
        work.later("turns.record_call", [_recorded(work, claim, row.turn, call) for call in calls])


def _recorded(work: Work, claim: Claim, turn: int, call: ToolCallRow) -> dict[str, Any]:
    return {
        "run_id": claim.run_id,
        "turn": turn,
        "position": call.position,
        "store_id": claim.store_id,
        "tool_use": call.tool_use_id,
        "name": call.name,
        "arguments": call.arguments,
        "effect": call.effect,
        "state": call.state,
        "result": call.result,
        "now": work.now,
        "finished_at": None if call.result is None else work.now,
    }


def calls_of_turn(work: Work, run_id: str, turn: int) -> list[ToolCallRow]:
    """The tool calls of a turn in the order in which the model made them."""
    return [ToolCallRow(**row) for row in work.run("turns.calls_of_turn", run_id=run_id, turn=turn).mappings()]


def start_tool(work: Work, claim: Claim, turn: int, position: int) -> None:
    """Write down that a call which leaves this database is about to be made."""
    work.run("turns.start_tool", run_id=claim.run_id, turn=turn, position=position)


def answer(work: Work, claim: Claim, turn: int, call: ToolCallRow) -> None:
    """Keep the result of a tool call that was written down before."""
    work.later(
        "turns.answer",
        run_id=claim.run_id,
        turn=turn,
        position=call.position,
        state=call.state,
        result=call.result,
        now=work.now,
    )


def reply(work: Work, claim: Claim, turn: int, message: str) -> None:
    """Keep the one user message that answers a turn."""
    work.later("turns.reply", run_id=claim.run_id, turn=turn, reply=message)


def recent_runs(work: Work, task_id: str, run_id: str, limit: int) -> list[dict[str, Any]]:
    """How the latest other runs of a task ended, newest first; instants in epoch seconds."""
    rows = work.run("turns.recent_runs", task_id=task_id, run_id=run_id, limit=limit).mappings()
    return [{key: value for key, value in row.items() if value is not None} for row in rows]


def earlier_attempts(work: Work, run_id: str) -> list[dict[str, Any]]:
    """How earlier attempts of this run ended."""
    return [dict(row) for row in work.run("turns.earlier_attempts", run_id=run_id).mappings()]


def done_before(work: Work, run_id: str) -> list[dict[str, Any]]:
    """Which effects this run already had."""
    rows = work.all("turns.done_before", run_id=run_id)
    return [{"tool": row.name, "arguments": json.loads(row.arguments)} for row in rows]


def write_log(work: Work, claim: Claim, first_position: int, lines: list[LogLine]) -> None:
    """Append lines to the run's log."""
    rows = [
        {
            "run_id": claim.run_id,
            "position": first_position + offset,
            "store_id": claim.store_id,
            "now": work.now,
            "level": line.level,
            "event": line.event,
            "fields": line.fields,
        }
        for offset, line in enumerate(lines)
    ]
    if rows:
        work.later("turns.log", rows)


def last_log_position(work: Work, run_id: str) -> int:
    """Where the run's log ends."""
    row = work.first("turns.last_log", run_id=run_id)
    return 0 if row is None else int(row.position)


def refuse_provider(work: Work, provider: str, reason: str, retry_at: int) -> None:
    """Remember that the provider refused us, for health and for people."""
    work.run("turns.refuse_provider", provider=provider, reason=reason, retry_at=retry_at, now=work.now)


def accept_provider(work: Work, provider: str, call_id: str) -> None:
    """The provider answers again: a call that was made after the refusal came through."""
    work.later("turns.accept_provider", provider=provider, id=call_id)
