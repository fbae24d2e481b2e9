"""Answers of the provider for an agent's loop, in the shape of the Messages API."""

import json
from typing import Any

from tests.integration.llm.fault_server import GREETING, Answer


def answer(*blocks: dict[str, Any], **message: Any) -> Answer:
    """A message with these blocks; the stop reason follows from them unless it is given."""
    stop_reason = "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"
    whole = GREETING | {"content": list(blocks), "stop_reason": stop_reason} | message
    return Answer(body=json.dumps(whole).encode())


def words(text: str) -> dict[str, Any]:
    """A block of text."""
    return {"type": "text", "text": text}
