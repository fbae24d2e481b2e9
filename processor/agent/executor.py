"""Executes agent runs: opens the conversation, runs the loop, and writes down how the run left it."""

import asyncio
import random
from functools import partial

from processor.agent import checkpoint, endings
from processor.agent.conversation import Conversation
from processor.agent.loop import Loop, Step
from processor.agent.outcome import Failed, HandedBack, LeaveLoop
from processor.agent.prompt import tools_in
from processor.agent.provider import ProviderStanding
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
from processor.storage.work import Work


class AgentExecutor:
    """Runs any number of agent runs at once, all through one model."""

    def __init__(self, database: Database, settings: Settings, context: TickContext) -> None:
        self._database = database
        self._settings = settings
        self._context = context
        self._opening: asyncio.Task[Model] | None = None
        self.refused: str | None = None
        """Why the provider takes no calls from us; no further run is started then."""
        self._provider = ProviderStanding()
        self.bugs = 0

    async def execute(self, claim: Claim) -> None:
        """Take a claimed run as far as it goes, and leave it ended, waiting, or to whoever took it over."""
        log = RunLog(claim)
        conversation: Conversation | None = None
        try:
            model = await self._opened_model()
            loop, opened, step = await self._database.write_soon(self._open, claim, model, log)
            conversation = opened
            self._context.listener(
                "run.started", run_id=claim.run_id, task_id=claim.task_id, task_name=opened.task.name
            )
            state = await loop.run(opened, step)
            self._context.listener(f"run.{state}", run_id=claim.run_id)
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
            await self._leave(claim, conversation, HandedBack(), log)
        except Exception as error:  # noqa: BLE001 (one bad run never stops the others)
            await self._leave(claim, conversation, error, log)

    async def hand_back(self, claim: Claim) -> None:
        """Give back a run of ours that a fault of the database has stopped; the next tick goes on with it."""
        await self._leave(claim, None, HandedBack(), RunLog(claim, begun=True))

    async def close(self) -> None:
        """Let go of the model."""
        if self._opening is None:
            return
        await asyncio.wait([self._opening])
        if self._opening.exception() is None:
            await self._opening.result().close()

    async def _opened_model(self) -> Model:
        """The one model of this process; opening it imports a lot, which is done beside the loop and only once."""
        if self._opening is None:
            open_model = partial(_open_model, self._settings.model, self._settings.max_concurrency)
            self._opening = asyncio.create_task(asyncio.to_thread(open_model))
        return await asyncio.shield(self._opening)

    def _open(self, work: Work, claim: Claim, model: Model, log: RunLog) -> tuple[Loop, Conversation, Step]:
        """Open the conversation and take its first step, in one transaction."""
        conversation = checkpoint.open_conversation(work, claim, log)
        loop = Loop(
            database=self._database,
            model=model,
            prices=shipped_prices(),
            context=self._context,
            tools=tools_in(conversation.request),
            log=log,
            provider=self._provider,
        )
        return loop, conversation, loop.resume(work, conversation)

    async def _leave(self, claim: Claim, conversation: Conversation | None, reason: BaseException, log: RunLog) -> None:
        ending = self._ending(conversation, reason, log)
        active_ms = conversation.lap() if conversation is not None else 0
        log.look_again()
        try:
            state = await self._database.write_soon(endings.leave, ending, claim, active_ms, log)
        except StaleWriter as error:
            log.warning("run.lost", reason=str(error))
        else:
            self._context.listener(f"run.{state}", run_id=claim.run_id)

    def _ending(self, conversation: Conversation | None, reason: BaseException, log: RunLog) -> endings.WriteEnding:
        if isinstance(reason, LeaveLoop):
            return endings.of(reason, random.random())
        if isinstance(reason, ProviderRefused):
            self.refused = str(reason)
            return endings.provider_refused(str(reason))
        if isinstance(reason, ModelUnavailable):
            return self._unavailable(conversation, reason)
        if isinstance(reason, ModelRejected):
            return endings.failed(Failed(ErrorClass.INVALID_REQUEST, str(reason)), random.random())
        self.bugs += 1
        log.broken(reason)
        said = f"A bug of process-tasks ended the run ({type(reason).__name__}): see its log"
        return endings.failed(Failed(ErrorClass.INTERNAL, said), random.random())

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
        if self._context.ending and error.retry_after_seconds is None:
            return endings.handed_back()
        return endings.provider_unavailable(str(error), error.retry_after_seconds)


def _open_model(name: str, concurrency: int) -> Model:
    model: Model = load(MODELS[name])(concurrency)
    return model
