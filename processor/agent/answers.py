"""Answers the tool calls of a turn: effect and result in one transaction, errors as results, nothing twice."""

import json
from collections import Counter
from typing import Any

from processor.agent.conversation import Conversation, Message, tool_uses
from processor.agent.outcome import Failed
from processor.agent.run_log import RunLog
from processor.agent.toolbox.tool import Caller, Tool
from processor.errors import ConfigurationError, InfrastructureError, ProcessorError, StaleWriter
from processor.rules.run_state import ErrorClass
from processor.rules.storable import storable
from processor.storage.runs import Claim
from processor.storage.turns import ToolCallRow
from processor.storage.work import Work

LONGEST_RESULT = 8_000
"""Characters of a tool result that are kept, once, before it is stored: head and tail with a marker."""
HINT_AFTER = 3
STUCK_AFTER = 5


def answer_tools(
    work: Work, conversation: Conversation, calls: list[ToolCallRow], tools: dict[str, Tool], log: RunLog
) -> Message:
    """Run tool calls that act on our own database: one transaction holds all of their effects and results.

    A tool that fails is undone by itself and answered with an error; the others stay. Returns the reply to all.
    """
    for call in calls:
        answer_call(work, conversation.claim, call, tools, log)
    return reply_to(conversation, calls)


def answer_call(work: Work, claim: Claim, call: ToolCallRow, tools: dict[str, Tool], log: RunLog) -> None:
    """Give one call its result."""
    caller = Caller(claim.store_id, claim.task_id, claim.run_id)
    work.actor = f"run:{claim.run_id}"
    call.state, text = _answer(work, caller, call, tools.get(call.name), log)
    call.result = storable(text)


def refuse_tools(calls: list[ToolCallRow], reason: str) -> Message:
    """Answer tool calls without running them; return the reply."""
    for call in calls:
        call.state, call.result = "denied", reason
    return {"role": "user", "content": [_result(call, reason) for call in calls]}


def reply_to(conversation: Conversation, calls: list[ToolCallRow]) -> Message:
    """The one user message that answers calls which have their results."""
    results = [_result(call, (call.result or "") + _hint(conversation, call)) for call in calls]
    return {"role": "user", "content": results}


def require_progress(conversation: Conversation) -> None:
    """Raise Failed when the agent made the same call with the same result too often."""
    repeated = _seen(conversation).most_common(1)
    if repeated and repeated[0][1] >= STUCK_AFTER:
        raise Failed(ErrorClass.STUCK, f"The agent called {repeated[0][0][0]} {STUCK_AFTER} times with the same result")


def _answer(work: Work, caller: Caller, call: ToolCallRow, tool: Tool | None, log: RunLog) -> tuple[str, str]:
    if tool is None:
        log.warning("tool.failed", tool=call.name, error="unknown tool")
        return "failed", f"There is no tool called {call.name}: use one of those you were given"
    try:
        with work.savepoint():
            outcome = tool.run(work, caller, tool.checked(json.loads(call.arguments)))
    except (StaleWriter, InfrastructureError, ConfigurationError):
        raise
    except ProcessorError as error:
        log.warning("tool.failed", tool=call.name, error=str(error))
        return "failed", str(error)
    except Exception as bug:  # noqa: BLE001 (the model is told that it failed, the log says how)
        log.broken(bug)
        return "failed", f"{call.name} broke and did nothing: this is not your fault, choose another way"
    log.info("tool.called", tool=call.name)
    return "succeeded", shortened(json.dumps(outcome, ensure_ascii=False, default=str))


def _result(call: ToolCallRow, text: str) -> dict[str, Any]:
    result = {"type": "tool_result", "tool_use_id": call.tool_use_id, "content": text}
    return result if call.state == "succeeded" else result | {"is_error": True}


def shortened(text: str) -> str:
    """At most LONGEST_RESULT characters: head and tail, with how much is left out between them."""
    if len(text) <= LONGEST_RESULT:
        return text
    marker = f"\n[… {len(text) - LONGEST_RESULT} characters left out …]\n"
    head = (LONGEST_RESULT - len(marker)) * 3 // 4
    return text[:head] + marker + text[-(LONGEST_RESULT - len(marker) - head) :]


def _hint(conversation: Conversation, call: ToolCallRow) -> str:
    seen = _seen(conversation)[call.name, call.arguments, call.result or ""] + 1
    return f"\n(You made this call {seen} times with the same result.)" if seen >= HINT_AFTER else ""


def _seen(conversation: Conversation) -> Counter[tuple[str, str, str]]:
    """How often each call with each result stands in the conversation, hints left aside."""
    return Counter(
        (use["name"], json.dumps(use.get("input")), result["content"].split("\n(You made")[0])
        for turn in conversation.turns
        if turn.reply is not None
        for use, result in zip(tool_uses(turn), turn.reply["content"], strict=False)
    )
