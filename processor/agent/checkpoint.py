"""The loop's transactions. Each begins with the run's fence; after each, any other process could go on from here."""

import json
from dataclasses import dataclass
from typing import Any

from processor.agent.conversation import Conversation, tool_uses
from processor.agent.endings import PROVIDER
from processor.agent.limits import CallPlan
from processor.agent.prompt import render_opening, render_request
from processor.agent.run_log import RunLog
from processor.agent.toolbox.tool import Effect, Tool
from processor.llm.prices import PriceTable
from processor.llm.protocol import ModelRequest, ModelResponse
from processor.models import Run, Task
from processor.rules.storable import storable
from processor.storage import runs, turns
from processor.storage.runs import Claim, Spent
from processor.storage.turns import CallBooking, ToolCallRow, TurnRow
from processor.storage.work import Work


def open_conversation(work: Work, claim: Claim, log: RunLog) -> Conversation:
    """Begin the attempt, or read it back as far as it came."""
    runs.step(work, claim, Spent())
    runs.step(work, claim, Spent(cost_nanousd=turns.lose_calls(work, claim.run_id)))
    task = work.session.get_one(Task, claim.task_id)
    run = work.session.get_one(Run, claim.run_id)
    request = _request(work, claim, task)
    opening = turns.opening(work, claim)
    if opening is None:
        opening = json.dumps(render_opening(work, claim, task))
        turns.open_attempt(work, claim, opening)
    log.info("run.started", task_name=task.name, attempt=claim.attempt)
    log.write(work)
    return Conversation(
        claim=claim,
        task=task,
        request=request,
        opening=json.loads(opening),
        turns=turns.of_attempt(work, claim),
        turn_count=run.turns,
        tool_call_count=run.tool_calls,
        cost_nanousd=run.cost_nanousd,
        active_ms=run.active_ms,
    )


def _request(work: Work, claim: Claim, task: Task) -> ModelRequest:
    frozen = turns.frozen_request(work, claim.run_id)
    if frozen is not None:
        return ModelRequest.from_json(frozen)
    request = render_request(work, task)
    turns.freeze_request(work, claim, request.to_json())
    return request


def begin_call(work: Work, conversation: Conversation, call_id: str, plan: CallPlan, active_ms: int) -> None:
    """Write the call down before it is made."""
    claim = conversation.claim
    runs.step(work, claim, Spent(active_ms=active_ms))
    turns.begin_call(work, claim, call_id, conversation.next_turn, conversation.request.model, plan.estimated_nanousd)


def fail_call(work: Work, conversation: Conversation, call_id: str, error: str, *, lost: bool) -> None:
    """The call gave nothing; `lost`: it was cut, and may be paid for, so it is booked as if it was."""
    runs.step(work, conversation.claim, Spent())
    if lost:
        spent = Spent(cost_nanousd=turns.lose_calls(work, conversation.claim.run_id, storable(error)))
        runs.step(work, conversation.claim, spent)
        conversation.count(spent)
    else:
        turns.end_call(work, call_id, CallBooking("failed", error=storable(error)))


def withdraw_call(work: Work, conversation: Conversation, call_id: str) -> None:
    """The call is not made after all, so nothing of it stays."""
    runs.step(work, conversation.claim, Spent())
    turns.withdraw_call(work, call_id)


@dataclass(frozen=True, slots=True)
class Answered:
    """A response to record: what it cost, and which tools exist to judge its calls by."""

    call_id: str
    response: ModelResponse
    tools: dict[str, Tool]
    prices: PriceTable
    active_ms: int
    from_provider: bool = False


def record_response(work: Work, conversation: Conversation, answered: Answered, log: RunLog) -> tuple[TurnRow, Spent]:
    """Response, usage and the intents of its tool calls, in one transaction."""
    response, claim, turn = answered.response, conversation.claim, conversation.next_turn
    row = TurnRow(turn, response.body, response.stop_reason, None)
    intents = intents_of(row, answered.tools) if response.stop_reason == "tool_use" else []
    usage = response.usage
    spent = Spent(
        turns=1,
        tool_calls=len(intents),
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.output_tokens,
        cost_nanousd=answered.prices.cost_nanousd(conversation.request.model, usage) or 0,
        active_ms=answered.active_ms,
        model=storable(response.model),
    )
    runs.step(work, claim, spent)
    turns.end_call(work, answered.call_id, _booking(response, spent.cost_nanousd))
    if answered.from_provider:
        turns.accept_provider(work, PROVIDER, answered.call_id)
    turns.record(work, claim, turn, response.body, response.stop_reason)
    turns.intend(work, claim, turn, intents)
    log.info(
        "turn.recorded",
        turn=turn,
        model=response.model,
        stop_reason=response.stop_reason,
        tools=[each.name for each in intents],
    )
    log.write(work)
    return row, spent


def _booking(response: ModelResponse, cost_nanousd: int) -> CallBooking:
    return CallBooking(
        state="answered",
        tries=response.tries,
        cost_nanousd=cost_nanousd,
        input_tokens=response.usage.input_tokens,
        output_tokens=response.usage.output_tokens,
        cache_write_tokens=response.usage.cache_write_tokens + response.usage.cache_write_1h_tokens,
        cache_read_tokens=response.usage.cache_read_tokens,
        request=response.request_id,
        duration_ms=response.duration_ms,
    )


def intents_of(turn: TurnRow, tools: dict[str, Tool]) -> list[ToolCallRow]:
    """The tool calls of a response; a tool that does not exist is answered with an error, so it counts as a read."""
    return [
        ToolCallRow(
            position=position,
            tool_use_id=storable(str(use["id"])),
            name=storable(str(use["name"])),
            arguments=json.dumps(use.get("input")),
            effect=tools[use["name"]].effect if use["name"] in tools else Effect.READ,
            state="intended",
            result=None,
        )
        for position, use in enumerate(tool_uses(turn), start=1)
    ]


def record_reply(work: Work, claim: Claim, turn: TurnRow, results: list[dict[str, Any]], log: RunLog) -> str:
    """Keep the one user message that answers all tool calls of the turn."""
    message = json.dumps({"role": "user", "content": results})
    turns.reply(work, claim, turn.turn, message)
    log.write(work)
    return message
