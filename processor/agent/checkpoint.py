"""The loop's transactions. Each begins with the run's fence; after each, any other process could go on from here."""

import json
from dataclasses import dataclass

from processor.agent.conversation import Conversation, Message, Turn, tool_uses
from processor.agent.limits import CallPlan
from processor.agent.prompt import render_opening, render_request
from processor.agent.run_log import RunLog
from processor.agent.toolbox.tool import Effect, Tool
from processor.llm.prices import PriceTable
from processor.llm.protocol import ModelRequest, ModelResponse
from processor.rules.storable import storable
from processor.storage import runs, turns
from processor.storage.runs import Assignment, Claim, Spent
from processor.storage.turns import CallBooking, ToolCallRow, TurnRow
from processor.storage.work import Work


def open_conversation(work: Work, claim: Claim, log: RunLog) -> Conversation:
    """Begin the attempt, or read it back as far as it came."""
    cancel_requested = runs.step(work, claim, Spent())
    if not claim.fresh:
        runs.step(work, claim, Spent(cost_nanousd=turns.lose_calls(work, claim.run_id)))
    task = runs.assignment(work, claim.run_id)
    request = _request(work, claim, task)
    opening = None if claim.fresh else turns.opening(work, claim)
    if opening is None:
        opening = json.dumps(render_opening(work, claim, task))
        turns.open_attempt(work, claim, opening)
    log.info("run.started", task_name=task.name, attempt=claim.attempt)
    recorded = [] if claim.fresh else turns.of_attempt(work, claim)
    return Conversation(
        claim=claim,
        task=task,
        request=request,
        opening=json.loads(opening),
        turns=[Turn.read(row) for row in recorded],
        turn_count=task.turn_count,
        tool_call_count=task.tool_call_count,
        cost_nanousd=task.spent_nanousd,
        active_ms=task.active_ms,
        cancel_requested=cancel_requested,
    )


def _request(work: Work, claim: Claim, task: Assignment) -> ModelRequest:
    frozen = None if claim.fresh else turns.frozen_request(work, claim.run_id)
    if frozen is not None:
        return ModelRequest.from_json(frozen)
    request = render_request(work, task)
    turns.freeze_request(work, claim, request.to_json())
    return request


def begin_call(work: Work, conversation: Conversation, call_id: str, plan: CallPlan) -> None:
    """Write the call down before it is made, in the transaction of the step that led to it."""
    claim = conversation.claim
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
    conversation.cancel_requested = runs.step(work, conversation.claim, Spent())
    turns.withdraw_call(work, call_id)


@dataclass(frozen=True, slots=True)
class Answered:
    """A response to record, the call that it answers, and what was worked for it."""

    call_id: str
    response: ModelResponse
    prices: PriceTable
    active_ms: int


@dataclass(frozen=True, slots=True)
class Answers:
    """The tool calls of a turn with their results, and the one message that holds them; None: nothing was asked for."""

    calls: list[ToolCallRow]
    reply: Message | None


def begin_turn(work: Work, conversation: Conversation, answered: Answered, log: RunLog) -> Turn:
    """Count what a response cost, and take it into the conversation. `record_turn` ends the same transaction."""
    response = answered.response
    turn = Turn.begun(conversation.next_turn, response)
    spent = Spent(
        turns=1,
        tool_calls=len(tool_uses(turn)) if turn.stop_reason == "tool_use" else 0,
        input_tokens=response.usage.prompt_tokens,
        output_tokens=response.usage.output_tokens,
        cost_nanousd=answered.prices.cost_nanousd(conversation.request.model, response.usage) or 0,
        active_ms=answered.active_ms,
        model=storable(response.model),
    )
    conversation.cancel_requested = runs.step(work, conversation.claim, spent)
    conversation.turns.append(turn)
    conversation.count(spent)
    names = [storable(str(use["name"])) for use in tool_uses(turn)]
    log.info("turn.recorded", turn=turn.number, model=response.model, stop_reason=turn.stop_reason, tools=names)
    return turn


def record_turn(work: Work, conversation: Conversation, answered: Answered, answers: Answers) -> None:
    """Keep the latest turn, verbatim: response, tool calls and the reply to them."""
    turn, response = conversation.turns[-1], answered.response
    cost_nanousd = answered.prices.cost_nanousd(conversation.request.model, response.usage) or 0
    turns.end_call(work, answered.call_id, _booking(response, cost_nanousd))
    row = TurnRow(turn.number, response.body, turn.stop_reason, _answered(turn, answers))
    turns.record(work, conversation.claim, row, answers.calls)


def conclude_turn(work: Work, conversation: Conversation, reply: Message, active_ms: int) -> None:
    """Keep the reply to the latest turn, whose calls have been answered one by one."""
    conversation.cancel_requested = runs.step(work, conversation.claim, Spent(active_ms=active_ms))
    turn = conversation.turns[-1]
    written = json.dumps(reply)
    turn.answer(reply, written)
    turns.reply(work, conversation.claim, turn.number, written)


def _answered(turn: Turn, answers: Answers) -> str | None:
    if answers.reply is None:
        return None
    written = json.dumps(answers.reply)
    turn.answer(answers.reply, written)
    return written


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


def calls_of(turn: Turn, tools: dict[str, Tool]) -> list[ToolCallRow]:
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
