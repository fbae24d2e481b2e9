"""A worker that stops without a word, wherever a test leaves it."""

import asyncio
from typing import Any

from processor.agent import checkpoint
from processor.agent.checkpoint import Answered
from processor.agent.limits import CallPlan
from processor.agent.prompt import tools_of
from processor.agent.run_log import RunLog
from processor.llm.prices import shipped_prices
from processor.llm.scripted import ScriptedModel
from processor.storage import runs
from processor.storage.runs import Worker
from processor.storage.turns import TurnRow
from tests.world import World

GONE = Worker("00000000-0000-4000-8000-0000000000f1", lease_seconds=120)
PLAN = CallPlan("auto", 8_000, 60.0, estimated_nanousd=1_234)
CALL_ID = "00000000-0000-4000-8000-0000000000c1"


class GoneWorker:
    """Claims the one run that is ready and takes its steps one at a time."""

    def __init__(self, world: World) -> None:
        self.database = world.database
        (self.claim,) = world.database.write(runs.claim, GONE, 1)
        self.log = RunLog(self.claim)
        self.conversation = world.database.write(checkpoint.open_conversation, self.claim, self.log)
        self.tools = tools_of(self.conversation.task)

    def begin_call(self) -> None:
        self.database.write(checkpoint.begin_call, self.conversation, CALL_ID, PLAN, 0)

    def record(self, message: dict[str, Any]) -> TurnRow:
        turn, spent = self.database.write(
            checkpoint.record_response, self.conversation, self.answered(message), self.log
        )
        self.conversation.turns.append(turn)
        self.conversation.count(spent)
        return turn

    def answered(self, message: dict[str, Any]) -> Answered:
        model, request = ScriptedModel([message]), self.conversation.request
        response = asyncio.run(model.respond(request, [], tool_choice="auto", max_tokens=1, timeout_seconds=1))
        return Answered(CALL_ID, response, self.tools, shipped_prices(), 0)
