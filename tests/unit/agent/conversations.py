"""Conversations that never saw a database."""

import json
from datetime import UTC, datetime
from typing import Any

from processor.agent.conversation import Conversation
from processor.llm.protocol import ModelRequest
from processor.models import Task
from processor.storage.runs import Claim
from processor.storage.turns import TurnRow

CLAIM = Claim("run", "store", "task", fence=1, attempt=1, recoveries=0, worker_id="tick", lease_seconds=120)
REQUEST = ModelRequest(model="claude-haiku-5-5", system=[], tools=[], max_tokens=8_000)


def turn(number: int, stop_reason: str, *blocks: dict[str, Any], reply: str | None = None) -> TurnRow:
    return TurnRow(number, json.dumps({"content": list(blocks)}), stop_reason, reply)


def conversation(*turns: TurnRow, task: dict[str, Any] | None = None, **state: Any) -> Conversation:
    """A conversation with these turns; `task` and `state` say what is not as usual."""
    began = datetime(2026, 11, 16, 9, tzinfo=UTC)
    given: dict[str, Any] = {"id": "task", "store_id": "store", "name": "Task", "prompt": "Do it"} | (task or {})
    whole = Task(schedule_type="manual", cursor_at=began, created_at=began, updated_at=began, **given)
    counts: dict[str, Any] = {"turn_count": len(turns), "tool_call_count": 0, "cost_nanousd": 0, "active_ms": 0}
    opening = {"role": "user", "content": [{"type": "text", "text": "Do it"}]}
    fixed: dict[str, Any] = {"claim": CLAIM, "task": whole, "request": REQUEST, "opening": opening}
    return Conversation(**fixed, turns=list(turns), **counts | state)
