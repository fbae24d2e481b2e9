"""The real client against a server of the Messages API that this project did not write."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from processor.errors import ModelRejected, ModelUnavailable, ProviderRefused
from processor.llm.anthropic_model import AnthropicModel
from processor.llm.protocol import ModelResponse
from tests.integration.llm.calling import REQUEST, with_model
from tests.integration.llm.fakellm_server import call, running_fakellm


@pytest.fixture(scope="module")
def fakellm_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_fakellm(tmp_path_factory.mktemp("fakellm")) as url:
        yield url


@pytest.fixture(autouse=True)
def fakellm(fakellm_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    call(f"{fakellm_url}/_fakellm/reset", method="POST")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test-key")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fakellm_url)
    return fakellm_url


def answered(fakellm: str, rule: str) -> int:
    count: int = call(f"{fakellm}/_fakellm/stats")["by_rule"].get(rule, 0)
    return count


async def say(model: AnthropicModel, *messages: dict[str, Any]) -> ModelResponse:
    return await model.respond(REQUEST, [*messages], tool_choice="auto", max_tokens=200, timeout_seconds=60)


def test_a_conversation_with_a_tool_call(fakellm: str) -> None:
    async def use(model: AnthropicModel) -> tuple[ModelResponse, ModelResponse]:
        task = {"role": "user", "content": "Create a task called 'Test Task'"}
        first = await say(model, task)
        result = {"type": "tool_result", "tool_use_id": first.content[-1]["id"], "content": '{"title": "Test Task"}'}
        answer = {"role": "assistant", "content": first.content}
        return first, await say(model, task, answer, {"role": "user", "content": [result]})

    first, second = with_model(use)

    assert first.stop_reason == "tool_use"
    assert first.content[-1]["name"] == "create_card"
    assert first.content[-1]["input"] == {"title": "Test Task"}
    assert json.loads(first.body)["content"] == first.content
    assert first.usage.input_tokens > 0
    assert (second.stop_reason, second.content) == ("end_turn", [{"type": "text", "text": "The card is there."}])


@pytest.mark.parametrize(("words", "rule"), [("busy", "busy"), ("overload", "overloaded")])
def test_a_busy_provider_is_asked_five_times(fakellm: str, words: str, rule: str) -> None:
    before = answered(fakellm, rule)

    with pytest.raises(ModelUnavailable):
        with_model(lambda model: say(model, {"role": "user", "content": words}))

    assert answered(fakellm, rule) - before == 5


def test_a_wrong_request_is_sent_once(fakellm: str) -> None:
    before = answered(fakellm, "wrong")

    with pytest.raises(ModelRejected, match="bad request"):
        with_model(lambda model: say(model, {"role": "user", "content": "wrong"}))

    assert answered(fakellm, "wrong") - before == 1


def test_after_a_401_no_other_call_reaches_the_provider(fakellm: str) -> None:
    before = call(f"{fakellm}/_fakellm/stats")["total_requests"]

    async def use(model: AnthropicModel) -> list[ModelResponse | BaseException]:
        calls = (say(model, {"role": "user", "content": f"no key {number}"}) for number in range(10))
        return await asyncio.gather(*calls, return_exceptions=True)

    outcomes = with_model(use, concurrency=3)

    assert all(isinstance(outcome, ProviderRefused) for outcome in outcomes)
    assert 1 <= call(f"{fakellm}/_fakellm/stats")["total_requests"] - before <= 3
