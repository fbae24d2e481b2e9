"""Conversations that never saw a database."""

import json
from typing import Any

from processor.agent.conversation import Conversation, Turn
from processor.llm.protocol import ModelRequest
from processor.storage.runs import Assignment, Claim
from processor.storage.turns import TurnRow

CLAIM = Claim("run", "store", "task", fence=1, attempt=1, recoveries=0, worker_id="tick", lease_seconds=120)
REQUEST = ModelRequest(model="claude-haiku-5-5", system=[], tools=[], max_tokens=8_000)


def turn(number: int, stop_reason: str, *blocks: dict[str, Any], reply: str | None = None) -> Turn:
    return Turn.read(TurnRow(number, json.dumps({"content": list(blocks)}), stop_reason, reply))


def conversation(*turns: Turn, task: dict[str, Any] | None = None, **state: Any) -> Conversation:
    """A conversation with these turns; `task` and `state` say what is not as usual."""
    given: dict[str, Any] = {"task_id": "task", "store_id": "store", "name": "Task", "prompt": "Do it"}
    limits: dict[str, Any] = {"max_turns": 15, "timeout_seconds": 300, "budget_nanousd": 250_000_000}
    nothing: dict[str, Any] = {"turn_count": 0, "tool_call_count": 0, "spent_nanousd": 0, "active_ms": 0}
    rest: dict[str, Any] = {"model": "standard", "tools": None, "schedule_type": "interval"}
    whole = Assignment(**given | limits | nothing | rest | (task or {}))
    counts: dict[str, Any] = {"turn_count": len(turns), "tool_call_count": 0, "cost_nanousd": 0, "active_ms": 0}
    opening = {"role": "user", "content": [{"type": "text", "text": "Do it"}]}
    fixed: dict[str, Any] = {"claim": CLAIM, "task": whole, "request": REQUEST, "opening": opening}
    return Conversation(**fixed, turns=list(turns), **counts | state)
