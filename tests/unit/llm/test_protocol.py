import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.lazy import load
from processor.llm import MODELS
from processor.llm.protocol import ModelRequest, Usage

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
BLOCKS = st.lists(st.dictionaries(st.text(), JSON), max_size=3)


@given(system=BLOCKS, tools=BLOCKS, effort=st.none() | st.text())
def test_a_request_comes_back_as_it_was(system: list[object], tools: list[object], effort: str | None) -> None:
    request = ModelRequest("claude-haiku-5-5", system, tools, 8000, effort)  # type: ignore[arg-type]

    again = ModelRequest.from_json(request.to_json())

    assert again == request
    assert again.to_json() == request.to_json()


def test_a_request_keeps_the_order_of_its_keys() -> None:
    tool = {"name": "z", "input_schema": {"b": 1, "a": 2}, "description": "d"}

    text = ModelRequest("m", [], [tool], 1).to_json()

    assert json.dumps(tool, separators=(",", ":")) in text
    assert json.dumps(ModelRequest.from_json(text).tools) == json.dumps([tool])


def test_a_request_is_written_in_ascii() -> None:
    text = ModelRequest("m", [{"type": "text", "text": "ü \ud800 \x00"}], [], 1).to_json()

    assert text.isascii()
    assert "\x00" not in text


def test_a_prompt_is_all_that_goes_in() -> None:
    usage = Usage(input_tokens=1, output_tokens=100, cache_write_tokens=2, cache_write_1h_tokens=4, cache_read_tokens=8)

    assert usage.prompt_tokens == 15


@pytest.mark.parametrize("name", MODELS)
def test_every_model_of_the_table_can_be_loaded(name: str) -> None:
    assert callable(load(MODELS[name]))


@pytest.mark.parametrize("name", ["rehearsal", "scripted"])
def test_models_without_a_provider_say_so(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    script = tmp_path_factory.mktemp("script") / "script.json"
    script.write_text("[]")
    monkeypatch.setenv("PROCESSOR_SCRIPT", str(script))

    assert load(MODELS[name])(5).calls_provider is False
