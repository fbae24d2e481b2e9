"""The agent loop.

1. Answer what the latest response asks for, if that is still to be done.
2. Leave if the tick is ending: the next one goes on at this turn.
3. Check the run's limits, before anything is spent.
4. Write the call down, make it, record the response with the intents of its tool calls.
5. Do what its stop reason says: answer its tools, go on, or leave.

Every step is recorded before the next one begins, so that any process can continue here. The loop leaves by exception.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from processor.agent import answers, checkpoint
from processor.agent.checkpoint import Answered
from processor.agent.conversation import UNFINISHED, Conversation, text_of, tool_uses
from processor.agent.limits import TOOL_CALLS, CallPlan, plan_call
from processor.agent.outcome import Failed, Finished, HandedBack
from processor.agent.run_log import RunLog
from processor.agent.toolbox.finish import NAME as FINISH
from processor.agent.toolbox.finish import FinishStatus
from processor.agent.toolbox.tool import Tool
from processor.context import TickContext
from processor.errors import ModelError
from processor.llm.prices import PriceTable
from processor.llm.protocol import Model, ModelResponse
from processor.rules.run_state import ErrorClass
from processor.storage.database import Database
from processor.storage.turns import TurnRow

PAUSES_IN_A_ROW = 5
_PAUSES = ("pause_turn", "compaction")


@dataclass(frozen=True, slots=True)
class Loop:
    """What the loop works with; the run's own state is the conversation."""

    database: Database
    model: Callable[[], Model]
    prices: PriceTable
    context: TickContext
    tools: dict[str, Tool]
    log: RunLog

    async def run(self, conversation: Conversation) -> None:
        """Take turns until the run leaves the loop: Finished, Failed, HandedBack, or an error of the model."""
        while True:
            await self._settle(conversation)
            if self.context.ending:
                raise HandedBack
            plan = plan_call(
                conversation,
                self.prices,
                self.context.seconds_to_hard_deadline,
                costs=self.model().calls_provider,
            )
            await self._take_turn(conversation, plan)

    async def _settle(self, conversation: Conversation) -> None:
        """Do what the latest response asks for, by its stop reason."""
        turn = conversation.last
        if turn is None or turn.stop_reason == UNFINISHED:
            return
        if turn.stop_reason == "tool_use":
            await self._answer_tools(conversation, turn)
        elif turn.stop_reason in _PAUSES:
            _require_few_pauses(conversation)
        elif turn.stop_reason in ("end_turn", "stop_sequence"):
            raise Finished(text_of(turn))
        elif turn.stop_reason == "refusal":
            raise Failed(ErrorClass.REFUSAL, "The model refused the task: change its prompt", text_of(turn) or None)
        else:
            raise _stopped_short(turn)

    async def _answer_tools(self, conversation: Conversation, turn: TurnRow) -> None:
        if not tool_uses(turn):
            raise Failed(ErrorClass.MODEL_ERROR, "The model stopped for a tool without calling one")
        if turn.reply is None:
            if conversation.tool_call_count > TOOL_CALLS:
                reason = f"This run may make {TOOL_CALLS} tool calls and has made them: sum up now"
                turn.reply = await self.database.write_soon(answers.refuse_tools, conversation, turn, reason, self.log)
            else:
                turn.reply = await self.database.write_soon(
                    answers.answer_tools, conversation, turn, self.tools, self.log, conversation.lap()
                )
            self.context.listener("tool.called", run_id=conversation.claim.run_id, tools=_names(turn))
        _leave_if_finished(turn)
        answers.require_progress(conversation)

    async def _take_turn(self, conversation: Conversation, plan: CallPlan) -> None:
        call_id = str(uuid.uuid4())
        await self.database.write_soon(checkpoint.begin_call, conversation, call_id, plan, conversation.lap())
        response = await self._call(conversation, plan, call_id)
        calls_provider = self.model().calls_provider
        answered = Answered(call_id, response, self.tools, self.prices, conversation.lap(), calls_provider)
        turn, spent = await self.database.write_soon(checkpoint.record_response, conversation, answered, self.log)
        conversation.turns.append(turn)
        conversation.count(spent)
        self.context.listener(
            "turn.recorded", run_id=conversation.claim.run_id, turn=conversation.turn_count, tools=_names(turn)
        )

    async def _call(self, conversation: Conversation, plan: CallPlan, call_id: str) -> ModelResponse:
        try:
            return await self.model().respond(
                conversation.request,
                conversation.messages(),
                tool_choice=plan.tool_choice,
                max_tokens=plan.max_tokens,
                timeout_seconds=plan.timeout_seconds,
            )
        except ModelError as error:
            await self.database.write_soon(checkpoint.fail_call, conversation, call_id, str(error), lost=False)
            raise


def _leave_if_finished(turn: TurnRow) -> None:
    """`finish_run` ends the loop, whatever else the turn called; called wrongly it is only answered with an error."""
    results = json.loads(turn.reply or '{"content": []}')["content"]
    for use, result in zip(tool_uses(turn), results, strict=False):
        if use["name"] == FINISH and not result.get("is_error"):
            summary = str(use["input"]["summary"]).strip()
            if use["input"]["status"] == FinishStatus.FAILED:
                raise Failed(ErrorClass.TASK_FAILED, summary, summary)
            raise Finished(summary)


def _stopped_short(turn: TurnRow) -> Failed:
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


def _names(turn: TurnRow) -> list[str]:
    return [str(use["name"]) for use in tool_uses(turn)]
