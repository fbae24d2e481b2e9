"""Reads a message of the Messages API and refuses what only looks like one."""

import json
from typing import Any, Never

from processor.errors import ModelUnavailable
from processor.llm.protocol import ModelResponse, Usage
from processor.rules.storable import storable


def read_message(body: str, request_id: str | None = None) -> ModelResponse:
    """Return the answer that `body` holds; raises ModelUnavailable when it is not a whole message.

    Servers and proxies do answer 200 with half a document, with HTML or with an error inside: nothing of such an
    answer may enter a conversation.
    """
    message = _parse(body)
    return ModelResponse(
        body=body,
        content=_content(message.get("content")),
        stop_reason=_optional_text(message, "stop_reason"),
        usage=read_usage(message.get("usage")),
        model=_optional_text(message, "model") or "",
        request_id=None if request_id is None else storable(request_id),
    )


def read_usage(usage: object) -> Usage:
    """Return the tokens of a message's `usage`, cache writes split by how long they live."""
    if not isinstance(usage, dict):
        _refuse("it has no usage")
    written = _tokens(usage, "cache_creation_input_tokens", default=0)
    by_life = usage.get("cache_creation")
    written_1h = _tokens(by_life, "ephemeral_1h_input_tokens", default=0) if isinstance(by_life, dict) else 0
    return Usage(
        input_tokens=_tokens(usage, "input_tokens"),
        output_tokens=_tokens(usage, "output_tokens"),
        cache_write_tokens=max(0, written - written_1h),
        cache_write_1h_tokens=written_1h,
        cache_read_tokens=_tokens(usage, "cache_read_input_tokens", default=0),
    )


def _parse(body: str) -> dict[str, Any]:
    try:
        message = json.loads(body, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, RecursionError):
        _refuse("it is not JSON")
    if not isinstance(message, dict):
        _refuse("it is not a message")
    return message


def _content(blocks: object) -> list[dict[str, Any]]:
    if not isinstance(blocks, list) or not all(_is_block(block) for block in blocks):
        _refuse("it has no readable content")
    return blocks


def _is_block(block: object) -> bool:
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        return False
    if block["type"] == "text":
        return isinstance(block.get("text"), str)
    if block["type"] == "tool_use":
        return (
            isinstance(block.get("id"), str)
            and isinstance(block.get("name"), str)
            and isinstance(block.get("input"), dict)
        )
    return True


def _optional_text(message: dict[str, Any], key: str) -> str | None:
    text = message.get(key)
    if text is not None and not isinstance(text, str):
        _refuse(f"its {key} is not a text")
    return None if text is None else storable(text)


def _tokens(usage: dict[str, Any], key: str, default: int | None = None) -> int:
    count = usage.get(key)
    if count is None and default is not None:
        return default
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        _refuse(f"its usage has no count of {key}")
    return count


def _refuse_constant(constant: str) -> Never:
    # Python reads NaN and Infinity, JSON does not know them: the transcript could never be sent back.
    _refuse(f"it holds {constant}")


def _refuse(reason: str) -> Never:
    raise ModelUnavailable(
        f"the answer is no message of the Messages API ({reason}): check ANTHROPIC_BASE_URL, or wait"
    )
