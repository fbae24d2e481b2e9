"""Executes agent runs: opens the conversation, runs the loop, and writes down how the run left it."""

import asyncio
import random
from collections.abc import Awaitable
from typing import Any

from processor.agent import checkpoint, endings
from processor.agent.conversation import Conversation
from processor.agent.loop import Loop
from processor.agent.outcome import Failed, Finished, HandedBack
from processor.agent.prompt import tools_of
from processor.agent.run_log import RunLog
from processor.context import TickContext
from processor.errors import (
    ConfigurationError,
    InfrastructureError,
    ModelRejected,
    ModelUnavailable,
    ProviderRefused,
    StaleWriter,
)
from processor.lazy import load
from processor.llm import MODELS
from processor.llm.prices import shipped_prices
from processor.llm.protocol import Model
from processor.rules.run_state import ErrorClass
from processor.settings import Settings
from processor.storage.database import Database
from processor.storage.runs import Claim


class AgentExecutor:
    """Runs any number of agent runs at once, all through one model."""

    def __init__(self, database: Database, settings: Settings, context: TickContext) -> None:
        self._database = database
        self._settings = settings
        self._context = context
        self._model: Model | None = None
        self.refused: str | None = None
        """Why the provider takes no calls from us; no further run is started then."""
        self.bugs = 0

    async def execute(self, claim: Claim) -> None:
        """Take a claimed run as far as it goes, and leave it ended, waiting, or to whoever took it over."""
        log = RunLog(claim)
        conversation: Conversation | None = None
        try:
            conversation = await self._database.write_soon(checkpoint.open_conversation, claim, log)
            self._context.listener("run.started", run_id=claim.run_id, task_name=conversation.task.name)
            await self._loop(conversation, log).run(conversation)
        except StaleWriter as error:
            log.warning("run.lost", reason=str(error))
        except InfrastructureError as error:
            # Nothing can be written now: the lease runs out, and the run goes on from its last step.
            log.warning("run.interrupted", reason=str(error))
            raise
        except ConfigurationError:
            # No credential, no script: nothing is wrong with the run, so it waits for the next tick.
            await self._leave(claim, conversation, HandedBack(), log)
            raise
        except asyncio.CancelledError:
            await _unhurried(self._leave(claim, conversation, HandedBack(), log))
        except Exception as error:  # noqa: BLE001 (one bad run never stops the others)
            await self._leave(claim, conversation, error, log)

    async def close(self) -> None:
        """Let go of the model."""
        if self._model is not None:
            await self._model.close()

    def _loop(self, conversation: Conversation, log: RunLog) -> Loop:
        return Loop(
            database=self._database,
            model=self._open_model,
            prices=shipped_prices(),
            context=self._context,
            tools=tools_of(conversation.task),
            log=log,
        )

    def _open_model(self) -> Model:
        if self._model is None:
            self._model = load(MODELS[self._settings.model])(self._settings.max_concurrency)
        return self._model

    async def _leave(self, claim: Claim, conversation: Conversation | None, reason: BaseException, log: RunLog) -> None:
        ending = self._ending(conversation, reason, log)
        active_ms = conversation.lap() if conversation is not None else 0
        try:
            state = await self._database.write_soon(endings.leave, ending, claim, active_ms, log)
        except StaleWriter as error:
            log.warning("run.lost", reason=str(error))
        else:
            self._context.listener(f"run.{state}", run_id=claim.run_id)

    def _ending(self, conversation: Conversation | None, reason: BaseException, log: RunLog) -> endings.WriteEnding:
        if isinstance(reason, Finished):
            return endings.succeeded(reason.output)
        if isinstance(reason, HandedBack):
            return endings.handed_back()
        if isinstance(reason, ProviderRefused):
            self.refused = str(reason)
            return endings.provider_refused(str(reason))
        if isinstance(reason, ModelUnavailable):
            return self._unavailable(conversation, reason)
        if isinstance(reason, ModelRejected):
            reason = Failed(ErrorClass.INVALID_REQUEST, str(reason))
        if not isinstance(reason, Failed):
            self.bugs += 1
            log.broken(reason)
            reason = Failed(
                ErrorClass.INTERNAL, f"A bug of process-tasks ended the run ({type(reason).__name__}): see its log"
            )
        return endings.failed(reason, random.random())

    def _unavailable(self, conversation: Conversation | None, error: ModelUnavailable) -> endings.WriteEnding:
        """A call that was cut by the run's own limit or by the tick's end is not the provider's fault."""
        if conversation is not None and conversation.active_seconds >= conversation.task.timeout_seconds:
            return endings.failed(
                Failed(
                    ErrorClass.TIMED_OUT,
                    f"The run worked for its {conversation.task.timeout_seconds} s without an answer",
                ),
                random.random(),
            )
        if self._context.ending:
            return endings.handed_back()
        return endings.provider_unavailable(str(error), error.retry_after_seconds)


async def _unhurried(writing: Awaitable[Any]) -> None:
    """Finish the last write even when the tick is cancelled a second time."""
    task: asyncio.Future[Any] = asyncio.ensure_future(writing)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise
