import json
from typing import Any

import pytest

from processor.errors import ModelUnavailable
from processor.llm.message import read_message, read_usage
from processor.llm.protocol import Usage

MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "content": [{"type": "text", "text": "Done."}, {"type": "tool_use", "id": "t", "name": "n", "input": {}}],
    "stop_reason": "tool_use",
    "model": "claude-haiku-5-5",
    "usage": {"input_tokens": 5, "output_tokens": 7},
}
BROKEN = {
    "no JSON": '{"content": [',
    "HTML": "<html>",
    "a list": "[]",
    "an error with status 200": '{"type": "error", "error": {"message": "no"}}',
    "NaN": json.dumps(MESSAGE | {"content": [{"type": "text", "text": "x", "n": float("nan")}]}),
    "a document without end": "[" * 100_000,
    "no content": json.dumps(MESSAGE | {"content": None}),
    "content that is a text": json.dumps(MESSAGE | {"content": "Done."}),
    "a block without type": json.dumps(MESSAGE | {"content": [{"text": "x"}]}),
    "a text block without text": json.dumps(MESSAGE | {"content": [{"type": "text"}]}),
    "a call without input": json.dumps(MESSAGE | {"content": [{"type": "tool_use", "id": "t", "name": "n"}]}),
    "a call whose input is a text": json.dumps(
        MESSAGE | {"content": [{"type": "tool_use", "id": "t", "name": "n", "input": "{}"}]}
    ),
    "no usage": json.dumps(MESSAGE | {"usage": None}),
    "usage without output": json.dumps(MESSAGE | {"usage": {"input_tokens": 5}}),
    "negative usage": json.dumps(MESSAGE | {"usage": {"input_tokens": 5, "output_tokens": -7}}),
    "usage in words": json.dumps(MESSAGE | {"usage": {"input_tokens": "5", "output_tokens": 7}}),
    "a stop reason that is no text": json.dumps(MESSAGE | {"stop_reason": 7}),
}


def test_a_whole_message_is_read_and_kept_verbatim() -> None:
    body = json.dumps(MESSAGE, indent=2)

    response = read_message(body, "req_1")

    assert response.body == body
    assert response.content == MESSAGE["content"]
    assert (response.stop_reason, response.model, response.request_id) == ("tool_use", "claude-haiku-5-5", "req_1")
    assert response.usage == Usage(input_tokens=5, output_tokens=7)


def test_what_no_database_can_hold_is_left_out_of_what_is_kept_beside_the_body() -> None:
    told = {"model": "claude\0-\ud800", "stop_reason": "end\0_turn\udfff"}
    body = json.dumps(MESSAGE | told)

    response = read_message(body, "req\0_\ud800")

    assert (response.model, response.stop_reason, response.request_id) == ("claude-?", "end_turn?", "req_?")
    assert response.body == body


def test_blocks_of_an_unknown_type_are_kept() -> None:
    blocks = [{"type": "thinking", "thinking": "", "signature": "s"}, {"type": "of_next_year", "x": [1]}]

    assert read_message(json.dumps(MESSAGE | {"content": blocks})).content == blocks


def test_an_empty_answer_is_an_answer() -> None:
    assert read_message(json.dumps(MESSAGE | {"content": []})).content == []


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_message_is_refused(body: str) -> None:
    with pytest.raises(ModelUnavailable, match="no message of the Messages API"):
        read_message(body)


def test_cache_writes_are_told_apart_by_how_long_they_live() -> None:
    usage = {
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_creation_input_tokens": 50,
        "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30},
        "cache_read_input_tokens": 7,
    }

    assert read_usage(usage) == Usage(1, 2, cache_write_tokens=20, cache_write_1h_tokens=30, cache_read_tokens=7)


def test_cache_writes_without_a_life_live_five_minutes() -> None:
    usage = {"input_tokens": 1, "output_tokens": 2, "cache_creation_input_tokens": 50, "cache_creation": None}

    assert read_usage(usage) == Usage(1, 2, cache_write_tokens=50)
