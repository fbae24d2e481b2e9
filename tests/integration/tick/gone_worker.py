"""A worker that stops without a word, wherever a test leaves it."""

import asyncio
from typing import Any

from processor.agent import checkpoint
from processor.agent.checkpoint import Answered, Answers
from processor.agent.conversation import Conversation, Turn
from processor.agent.limits import CallPlan
from processor.agent.loop import Loop
from processor.agent.prompt import tools_of
from processor.agent.provider import ProviderStanding
from processor.agent.run_log import RunLog
from processor.context import TickContext
from processor.llm.prices import shipped_prices
from processor.llm.protocol import Model
from processor.llm.scripted import ScriptedModel
from processor.storage import runs
from processor.storage.runs import Claim, Worker
from processor.storage.work import Work
from tests.world import World

GONE = Worker("00000000-0000-4000-8000-0000000000f1", lease_seconds=120)
PLAN = CallPlan("auto", 8_000, 60.0, estimated_nanousd=1_234)
CALL_ID = "00000000-0000-4000-8000-0000000000c1"


class GoneWorker:
    """Claims the one run that is ready, unless it has one, and takes its steps one at a time."""

    def __init__(self, world: World, claim: Claim | None = None, call_id: str = CALL_ID) -> None:
        self.database = world.database
        self.call_id = call_id
        self.claim = claim or world.database.write(runs.claim, GONE, 1)[0]
        self.log = RunLog(self.claim)
        self.conversation = world.database.write(self._open)
        self.tools = tools_of(self.conversation.task)

    def _open(self, work: Work) -> Conversation:
        conversation = checkpoint.open_conversation(work, self.claim, self.log)
        self.log.write(work)
        return conversation

    def begin_call(self) -> None:
        self.database.write(checkpoint.begin_call, self.conversation, self.call_id, PLAN)

    def record(self, message: dict[str, Any]) -> Turn:
        """Write down the response and the intents of its tool calls, and do none of them."""
        return self.database.write(self._record, self.answered(message))

    def _record(self, work: Work, answered: Answered) -> Turn:
        turn = checkpoint.begin_turn(work, self.conversation, answered, self.log)
        intended = Answers(checkpoint.calls_of(turn, self.tools), None)
        checkpoint.record_turn(work, self.conversation, answered, intended)
        self.log.write(work)
        return turn

    def loop(self, model: Model) -> Loop:
        """The loop of this worker, with a model that answers."""
        context = TickContext(240)
        return Loop(self.database, model, shipped_prices(), context, self.tools, self.log, ProviderStanding())

    def answered(self, message: dict[str, Any]) -> Answered:
        model, request = ScriptedModel([message]), self.conversation.request
        response = asyncio.run(model.respond(request, [], tool_choice="auto", max_tokens=1, timeout_seconds=1))
        return Answered(self.call_id, response, shipped_prices(), 0)
