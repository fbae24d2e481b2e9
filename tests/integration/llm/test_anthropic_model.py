import asyncio
import json

import pytest

from processor.errors import ModelRejected, ModelUnavailable
from processor.llm.anthropic_model import MOST_OUTPUT_TOKENS, AnthropicModel
from processor.llm.protocol import ModelRequest, ModelResponse, Usage
from tests.integration.llm.calling import HELLO, REQUEST, ask, with_model
from tests.integration.llm.fault_server import GREETING, Answer, FaultServer


def test_the_request_is_portable(faults: FaultServer) -> None:
    with_model(ask)

    assert faults.requests == [
        {
            "model": "claude-haiku-5-5",
            "max_tokens": 500,
            "system": REQUEST.system,
            "tools": REQUEST.tools,
            "tool_choice": {"type": "auto"},
            "output_config": {"effort": "medium"},
            "messages": HELLO,
        }
    ]


def test_what_a_request_does_not_have_is_not_sent(faults: FaultServer) -> None:
    bare = ModelRequest(model="claude-haiku-5-5", system=[], tools=[], max_tokens=10)

    async def use(model: AnthropicModel) -> ModelResponse:
        return await model.respond(bare, HELLO, tool_choice="none", max_tokens=99_999, timeout_seconds=60)

    with_model(use)

    assert faults.requests == [{"model": "claude-haiku-5-5", "max_tokens": MOST_OUTPUT_TOKENS, "messages": HELLO}]


def test_the_answer_is_kept_byte_for_byte(faults: FaultServer) -> None:
    body = json.dumps(GREETING, indent=3, ensure_ascii=False).replace('"msg_1"', '"\\u006dsg_1"')
    faults.answers = [Answer(body=body.encode())]

    response = with_model(ask)

    assert response.body == body
    assert response.content == GREETING["content"]
    assert (response.stop_reason, response.model, response.request_id) == ("end_turn", "claude-haiku-5-5", "req_1")
    assert response.usage == Usage(input_tokens=12, output_tokens=3)


def test_history_is_sent_back_as_it_came(faults: FaultServer) -> None:
    thought = {"type": "thinking", "thinking": "Hm \u2028 ü", "signature": "c2ln", "extra": None}
    call = {"type": "tool_use", "id": "t1", "name": "list_cards", "input": {"n": 1.0, "none": None, "list": []}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "[]"}
    messages = [*HELLO, {"role": "assistant", "content": [thought, call]}, {"role": "user", "content": [result]}]

    async def use(model: AnthropicModel) -> ModelResponse:
        return await model.respond(REQUEST, messages, tool_choice="none", max_tokens=5, timeout_seconds=60)

    with_model(use)

    assert json.dumps(faults.requests[0]["messages"]) == json.dumps(messages)
    assert faults.requests[0]["tool_choice"] == {"type": "none"}


def test_an_answer_that_takes_too_long_is_cut_and_tried_again(faults: FaultServer) -> None:
    faults.answers = [Answer(held=True), Answer()]

    response = with_model(ask, attempt_seconds=0.3)

    assert response.tries == 2


def test_the_whole_call_ends_when_its_time_is_over(faults: FaultServer) -> None:
    faults.answers = [Answer(held=True)]

    async def use(model: AnthropicModel) -> None:
        with pytest.raises(ModelUnavailable, match=r"in the 0\.3 s that this call had"):
            await ask(model, timeout_seconds=0.3)
        faults.answers = [Answer()]
        assert (await ask(model)).tries == 1  # the permit came back

    with_model(use, concurrency=1)


def test_a_cancelled_call_ends_at_once_and_gives_its_permit_back(faults: FaultServer) -> None:
    faults.answers = [Answer(held=True), Answer()]

    async def use(model: AnthropicModel) -> ModelResponse:
        call = asyncio.create_task(ask(model))
        await asyncio.to_thread(faults.asked.wait, 20)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        return await ask(model)

    assert with_model(use, concurrency=1).tries == 1
    assert len(faults.requests) == 2


def test_no_server_at_all_makes_the_model_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test-key")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")

    with pytest.raises(ModelUnavailable, match="ConnectError"):
        with_model(ask)


def test_neither_key_nor_prompt_is_logged_however_loud_the_log_is(
    faults: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        with_model(ask)

    assert "sk-ant-test-key" not in caplog.text
    assert "hello" not in caplog.text
    assert "Bearer sk-ant-test-key" in faults.headers[0].values()


def test_text_that_is_no_unicode_is_rejected_before_it_is_sent(faults: FaultServer) -> None:
    broken = [{"role": "user", "content": "\ud800"}]

    async def use(model: AnthropicModel) -> None:
        with pytest.raises(ModelRejected, match="no valid Unicode"):
            await model.respond(REQUEST, broken, tool_choice="auto", max_tokens=5, timeout_seconds=60)

    with_model(use)
    assert faults.requests == []
