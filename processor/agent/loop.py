"""The agent loop.

1. Record the response with its tool calls, and answer them.
2. Leave if somebody asked to cancel the run; its tools are not called then. Else do what the stop reason says.
3. Leave if the tick is ending: the next one goes on at this turn.
4. Check the run's limits, before anything is spent.
5. Write the next call down; or the ending, if the run leaves.
6. Make the call.

One to five are one transaction: whoever continues the run finds either all of a step or nothing of it, and effects in
our own database happen once. Where a tool acts outside, its calls are written down first and answered one by one.
"""

import random
import uuid
from dataclasses import dataclass
from functools import partial

from processor.agent import answers, checkpoint, endings, outside
from processor.agent.checkpoint import Answered, Answers
from processor.agent.conversation import UNFINISHED, Conversation, Turn, text_of, tool_uses
from processor.agent.limits import TOOL_CALLS, CallPlan, plan_call
from processor.agent.outcome import Cancelled, Failed, Finished, HandedBack, LeaveLoop
from processor.agent.provider import ProviderStanding
from processor.agent.run_log import RunLog
from processor.agent.toolbox.finish import NAME as FINISH
from processor.agent.toolbox.finish import FinishStatus
from processor.agent.toolbox.tool import Effect, Tool
from processor.context import TickContext
from processor.errors import ModelError, ModelUnavailable
from processor.llm.prices import PriceTable
from processor.llm.protocol import Model, ModelResponse
from processor.rules.run_state import ErrorClass, RunState
from processor.storage import turns
from processor.storage.database import Database
from processor.storage.interventions import CANCELLED
from processor.storage.turns import ToolCallRow
from processor.storage.work import Work

PAUSES_IN_A_ROW = 5
_PAUSES = ("pause_turn", "compaction")


@dataclass(frozen=True, slots=True)
class NextCall:
    """A call that is written down and may be made."""

    call_id: str
    plan: CallPlan


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Tool calls that are written down and have yet to be answered, one by one."""

    calls: list[ToolCallRow]


Step = NextCall | Unanswered | RunState
"""What comes next: a call of the model, calls of tools outside, or nothing, because the run has left."""


@dataclass(frozen=True, slots=True)
class Loop:
    """What the loop works with; the run's own state is the conversation."""

    database: Database
    model: Model
    prices: PriceTable
    context: TickContext
    tools: dict[str, Tool]
    log: RunLog
    provider: ProviderStanding

    async def run(self, conversation: Conversation, step: Step) -> RunState:
        """Make calls until the run leaves the loop; return its state. Raises what the model raises."""
        while not isinstance(step, RunState):
            if isinstance(step, Unanswered):
                step = await self._answer_outside(conversation, step.calls)
            elif self.context.ending:
                step = await self.database.write_soon(self.withdraw, conversation, step)
            else:
                response = await self._call(conversation, step)
                answered = Answered(step.call_id, response, self.prices, conversation.lap())
                step = await self.database.write_soon(self.advance, conversation, answered)
                self.provider.accepted = self.model.calls_provider
                self._tell(conversation)
        return step

    def advance(self, work: Work, conversation: Conversation, answered: Answered) -> Step:
        """Take one step, from a response to the next call, to calls outside, or to the ending."""
        turn = checkpoint.begin_turn(work, conversation, answered, self.log)
        if self.model.calls_provider:
            self.provider.accept(work, answered.call_id)
        calls = checkpoint.calls_of(turn, self.tools) if turn.stop_reason == "tool_use" else []
        told = self._answers(work, conversation, calls)
        checkpoint.record_turn(work, conversation, answered, told)
        if calls and told.reply is None:
            self.log.write(work)
            return Unanswered(calls)
        return self.go_on(work, conversation)

    def resume(self, work: Work, conversation: Conversation) -> Step:
        """Go on from where the run was left, in the transaction that opened the conversation."""
        turn = conversation.last
        unanswered = turn is not None and turn.stop_reason == "tool_use" and turn.reply is None and tool_uses(turn)
        if turn is not None and unanswered and not conversation.cancel_requested:
            self.log.write(work)
            return Unanswered(turns.calls_of_turn(work, conversation.claim.run_id, turn.number))
        return self.go_on(work, conversation)

    def conclude(self, work: Work, conversation: Conversation, calls: list[ToolCallRow]) -> Step:
        """Go on after calls that were answered one by one."""
        checkpoint.conclude_turn(work, conversation, answers.reply_to(conversation, calls), conversation.lap())
        return self.go_on(work, conversation)

    async def _answer_outside(self, conversation: Conversation, calls: list[ToolCallRow]) -> Step:
        try:
            await outside.answer_all(self.database, self.context, conversation, calls, self.tools, self.log)
        except (HandedBack, Cancelled) as leaving:
            leave = partial(endings.leave, write=endings.of(leaving, 0.0), claim=conversation.claim, log=self.log)
            return await self.database.write_soon(leave, active_ms=conversation.lap())
        return await self.database.write_soon(self.conclude, conversation, calls)

    def go_on(self, work: Work, conversation: Conversation) -> Step:
        """Write the next call down, or the ending."""
        try:
            if conversation.cancel_requested:
                raise Cancelled
            _leave_if_done(conversation)
            return self._write_next_call(work, conversation)
        except LeaveLoop as leaving:
            return endings.write_down(work, endings.of(leaving, random.random()), conversation.claim, self.log)

    def withdraw(self, work: Work, conversation: Conversation, step: NextCall) -> RunState:
        """Hand the run back before a call that was written down is made."""
        checkpoint.withdraw_call(work, conversation, step.call_id)
        ending = endings.cancelled() if conversation.cancel_requested else endings.handed_back()
        return endings.write_down(work, ending, conversation.claim, self.log)

    def _answers(self, work: Work, conversation: Conversation, calls: list[ToolCallRow]) -> Answers:
        if not calls:
            return Answers([], None)
        if conversation.cancel_requested:
            return Answers(calls, answers.refuse_tools(calls, CANCELLED))
        if conversation.tool_call_count > TOOL_CALLS:
            reason = f"This run may make {TOOL_CALLS} tool calls and has made them: sum up now"
            return Answers(calls, answers.refuse_tools(calls, reason))
        if any(Effect(call.effect).is_outside for call in calls):
            return Answers(calls, None)
        return Answers(calls, answers.answer_tools(work, conversation, calls, self.tools, self.log))

    def _write_next_call(self, work: Work, conversation: Conversation) -> NextCall:
        if self.context.ending:
            raise HandedBack
        hard_deadline = self.context.seconds_to_hard_deadline
        plan = plan_call(conversation, self.prices, hard_deadline, costs=self.model.calls_provider)
        call_id = str(uuid.uuid4())
        checkpoint.begin_call(work, conversation, call_id, plan)
        self.log.write(work)
        return NextCall(call_id, plan)

    async def _call(self, conversation: Conversation, step: NextCall) -> ModelResponse:
        try:
            return await self.model.respond(
                conversation.request,
                conversation.messages(),
                tool_choice=step.plan.tool_choice,
                max_tokens=step.plan.max_tokens,
                timeout_seconds=step.plan.timeout_seconds,
            )
        except ModelError as error:
            lost = isinstance(error, ModelUnavailable) and error.cut
            await self.database.write_soon(checkpoint.fail_call, conversation, step.call_id, str(error), lost=lost)
            raise

    def _tell(self, conversation: Conversation) -> None:
        names = _names(conversation.turns[-1])
        self.context.listener(
            "turn.recorded", run_id=conversation.claim.run_id, turn=conversation.turn_count, tools=names
        )
        if names:
            self.context.listener("tool.called", run_id=conversation.claim.run_id, tools=names)


def _leave_if_done(conversation: Conversation) -> None:
    """Look at the stop reason of the latest turn: raise LeaveLoop, or let the run go on."""
    turn = conversation.last
    if turn is None or turn.stop_reason == UNFINISHED:
        return
    if turn.stop_reason == "tool_use":
        if not tool_uses(turn):
            raise Failed(ErrorClass.MODEL_ERROR, "The model stopped for a tool without calling one")
        _leave_if_finished(turn)
        answers.require_progress(conversation)
    elif turn.stop_reason in _PAUSES:
        _require_few_pauses(conversation)
    elif turn.stop_reason in ("end_turn", "stop_sequence"):
        raise Finished(text_of(turn))
    elif turn.stop_reason == "refusal":
        raise Failed(ErrorClass.REFUSAL, "The model refused the task: change its prompt", text_of(turn) or None)
    else:
        raise _stopped_short(turn)


def _leave_if_finished(turn: Turn) -> None:
    """`finish_run` ends the loop, whatever else the turn called; called wrongly it is only answered with an error."""
    results = turn.reply["content"] if turn.reply is not None else []
    for use, result in zip(tool_uses(turn), results, strict=False):
        if use["name"] == FINISH and not result.get("is_error"):
            summary = str(use["input"]["summary"]).strip()
            if use["input"]["status"] == FinishStatus.FAILED:
                raise Failed(ErrorClass.TASK_FAILED, summary, summary)
            raise Finished(summary)


def _stopped_short(turn: Turn) -> Failed:
    if turn.stop_reason == "model_context_window_exceeded":
        return Failed(
            ErrorClass.CONTEXT_WINDOW_EXCEEDED,
            "The conversation no longer fits the model: let the task do less at once",
            text_of(turn) or None,
        )
    return Failed(
        ErrorClass.MODEL_ERROR,
        f"The model stopped with '{turn.stop_reason}', after which nothing can be done",
        text_of(turn) or None,
    )


def _require_few_pauses(conversation: Conversation) -> None:
    latest = conversation.turns[-PAUSES_IN_A_ROW - 1 :]
    if len(latest) > PAUSES_IN_A_ROW and all(turn.stop_reason in _PAUSES for turn in latest):
        raise Failed(ErrorClass.STUCK, f"The model paused more than {PAUSES_IN_A_ROW} times in a row")


def _names(turn: Turn) -> list[str]:
    return [str(use["name"]) for use in tool_uses(turn)]
