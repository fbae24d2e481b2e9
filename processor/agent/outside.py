"""Answers a turn whose tools act outside this database, and one that an earlier worker left unanswered.

1. The response and what it asks for are written down already: nothing is done that nobody could know of.
2. A call inside this database has its effect and its result in one transaction, so it happens once.
3. A call outside is marked as started, made with a key of its own, and then its result is written down.
4. A call that was started and has no result was interrupted: an idempotent one is made again with the same key, of one
   that may happen at most once the model is told that nobody knows.
"""

import asyncio
import json

from processor.agent import answers
from processor.agent.conversation import Conversation
from processor.agent.outcome import Cancelled, HandedBack
from processor.agent.run_log import RunLog
from processor.agent.toolbox.tool import Caller, Effect, Tool
from processor.context import TickContext
from processor.errors import ProcessorError
from processor.rules.storable import storable
from processor.storage import runs, turns
from processor.storage.database import Database
from processor.storage.runs import Claim, Spent
from processor.storage.turns import ToolCallRow
from processor.storage.work import Work

UNKNOWN = "Nobody knows whether this happened: it was interrupted. Do not repeat it, but find out or say so"


async def answer_all(
    database: Database,
    context: TickContext,
    conversation: Conversation,
    calls: list[ToolCallRow],
    tools: dict[str, Tool],
    log: RunLog,
) -> None:
    """Give each call of the latest turn its result.

    Raises HandedBack before a call when the tick is ending, and Cancelled when somebody asked to cancel the run.
    """
    turn = conversation.turns[-1].number
    for call in calls:
        if call.result is not None:
            continue
        if context.ending:
            raise HandedBack
        tool = tools.get(call.name)
        if call.state == "started" and call.effect == Effect.AT_MOST_ONCE:
            # Whatever has become of the tool since: it may have happened.
            call.state, call.result = "unknown", UNKNOWN
            await database.write_soon(_record, conversation.claim, turn, call, log)
        elif tool is None or not tool.effect.is_outside:
            await database.write_soon(_answer_here, conversation, turn, call, tools, log)
        else:
            await _answer_outside(database, context, conversation, call, tool, log)


def _answer_here(
    work: Work, conversation: Conversation, turn: int, call: ToolCallRow, tools: dict[str, Tool], log: RunLog
) -> None:
    _fence(work, conversation.claim)
    answers.answer_call(work, conversation.claim, call, tools, log)
    turns.answer(work, conversation.claim, turn, call)
    log.write(work)


async def _answer_outside(
    database: Database, context: TickContext, conversation: Conversation, call: ToolCallRow, tool: Tool, log: RunLog
) -> None:
    claim, turn = conversation.claim, conversation.turns[-1].number
    left = conversation.task.timeout_seconds - conversation.active_seconds
    seconds = max(0.0, min(left, context.seconds_to_hard_deadline))
    await database.write_soon(_start, claim, turn, call)
    try:
        call.state, text = await _made(claim, turn, call, tool, log, seconds)
    except TimeoutError:
        if context.ending:
            raise HandedBack from None  # the next tick makes it again, or tells that nobody knows
        call.state, text = _interrupted(call)
    call.result = storable(text)
    await database.write_soon(_record, claim, turn, call, log)


async def _made(claim: Claim, turn: int, call: ToolCallRow, tool: Tool, log: RunLog, seconds: float) -> tuple[str, str]:
    caller = Caller(claim.store_id, claim.task_id, claim.run_id)
    try:
        given = tool.checked(json.loads(call.arguments))
        async with asyncio.timeout(seconds):
            outcome = await tool.run(caller, given, key(claim, turn, call))
    except ProcessorError as error:
        log.warning("tool.failed", tool=call.name, error=str(error))
        return "failed", str(error)
    except TimeoutError:
        log.warning("tool.failed", tool=call.name, error=f"no answer in {seconds:g} s")
        raise
    except Exception as error:  # noqa: BLE001 (whatever it was, it may have happened or not)
        log.broken(error)
        return _interrupted(call)
    log.info("tool.called", tool=call.name)
    return "succeeded", answers.shortened(json.dumps(outcome, ensure_ascii=False, default=str))


def _interrupted(call: ToolCallRow) -> tuple[str, str]:
    if call.effect == Effect.AT_MOST_ONCE:
        return "unknown", UNKNOWN
    return "failed", f"{call.name} broke or took too long: this is not your fault, choose another way"


def key(claim: Claim, turn: int, call: ToolCallRow) -> str:
    """The same for every repetition of a call, and no other's: run, turn and place, never the model's id alone."""
    return f"{claim.run_id}-{turn}-{call.position}"


def _start(work: Work, claim: Claim, turn: int, call: ToolCallRow) -> None:
    _fence(work, claim)
    turns.start_tool(work, claim, turn, call.position)


def _fence(work: Work, claim: Claim) -> None:
    """Before a call: nothing of this transaction is kept if the run was cancelled."""
    if runs.step(work, claim, Spent()):
        raise Cancelled


def _record(work: Work, claim: Claim, turn: int, call: ToolCallRow, log: RunLog) -> None:
    runs.step(work, claim, Spent())
    turns.answer(work, claim, turn, call)
    log.write(work)
