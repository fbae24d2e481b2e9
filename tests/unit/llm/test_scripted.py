import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from processor.errors import ConfigurationError, ModelRejected, ModelUnavailable, ProviderRefused
from processor.llm.protocol import ModelRequest, ModelResponse, Usage
from processor.llm.scripted import Answer, ScriptedModel, open_model, read_script

CALL = {"type": "tool_use", "id": "t1", "name": "create_card", "input": {"title": "A"}}
TEXT = {"type": "text", "text": "Done."}


def respond(model: ScriptedModel, answers_before: int) -> ModelResponse:
    user = {"role": "user", "content": "hello"}
    messages: list[dict[str, Any]] = [user, *[{"role": "assistant", "content": "…"}, user] * answers_before]
    request = ModelRequest("scripted", [], [], 100)
    return asyncio.run(model.respond(request, messages, tool_choice="auto", max_tokens=100, timeout_seconds=1))


def test_the_conversation_says_which_answer_comes_next() -> None:
    script: list[Answer] = [{"content": [CALL]}, {"content": [TEXT]}]

    assert respond(ScriptedModel(script), 1).content == [TEXT]
    assert respond(ScriptedModel(script), 0).content == [CALL]
    assert respond(ScriptedModel(script), 0).content == [CALL]


def test_what_a_message_leaves_out_is_filled_in() -> None:
    response = respond(ScriptedModel([{"content": [CALL]}]), 0)

    assert (response.stop_reason, response.model, response.usage) == ("tool_use", "scripted", Usage())
    assert json.loads(response.body)["role"] == "assistant"
    assert respond(ScriptedModel([{"content": [TEXT]}]), 0).stop_reason == "end_turn"


def test_what_a_message_says_is_kept() -> None:
    usage = {"input_tokens": 5, "output_tokens": 6}

    response = respond(ScriptedModel([{"content": [TEXT], "stop_reason": "refusal", "usage": usage, "model": "m"}]), 0)

    assert (response.stop_reason, response.model) == ("refusal", "m")
    assert response.usage == Usage(input_tokens=5, output_tokens=6)


def test_a_text_is_kept_verbatim() -> None:
    body = '{ "content": [],\n "usage": {"output_tokens": 1, "input_tokens": 2}, "stop_reason": null }'

    assert respond(ScriptedModel([body]), 0).body == body


def test_an_error_in_the_script_is_raised() -> None:
    model = ScriptedModel([ModelUnavailable("busy", retry_after_seconds=7)])

    with pytest.raises(ModelUnavailable) as raised:
        respond(model, 0)

    assert raised.value.retry_after_seconds == 7


def test_an_answer_may_take_its_time_and_says_nothing_of_it() -> None:
    response = respond(ScriptedModel([{"content": [TEXT], "delay_seconds": 0.01}]), 0)

    assert response.content == [TEXT]
    assert "delay_seconds" not in response.body


def test_an_answer_that_takes_longer_than_the_call_may_last_is_cut() -> None:
    with pytest.raises(ModelUnavailable, match="within 1 s") as raised:
        respond(ScriptedModel([{"content": [TEXT], "delay_seconds": 60}]), 0)

    assert raised.value.cut


def test_a_script_that_has_run_out_says_so() -> None:
    with pytest.raises(ModelRejected, match="the script has 1 answers"):
        respond(ScriptedModel([{"content": [TEXT]}]), 1)


def test_another_process_reads_the_script_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"content": [TEXT]}, {"error": "ProviderRefused", "message": "bad key"}]))
    monkeypatch.setenv("PROCESSOR_SCRIPT", str(script))

    model = open_model(5)

    assert respond(model, 0).content == [TEXT]
    with pytest.raises(ProviderRefused, match="bad key"):
        respond(model, 1)


def test_without_a_file_there_is_no_scripted_model() -> None:
    with pytest.raises(ConfigurationError, match="set PROCESSOR_SCRIPT"):
        open_model(5)


@pytest.mark.parametrize("text", ["{", "{}", "[7]", '[{"error": "KeyError"}]', '[{"delay_seconds": "1"}]', None])
def test_a_script_that_cannot_be_read_is_refused(tmp_path: Path, text: str | None) -> None:
    script = tmp_path / "script.json"
    if text is not None:
        script.write_text(text)

    with pytest.raises(ConfigurationError):
        read_script(script)
