from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.errors import ConfigurationError, InvalidInput
from processor.llm.prices import (
    PRESETS,
    Price,
    PriceTable,
    PromptSize,
    resolve_model,
    shipped_prices,
)
from processor.llm.protocol import ModelRequest, Usage

DOLLAR = 1_000_000_000
MILLION = 1_000_000
ROW: dict[str, Any] = {"input": 1, "output": 2, "cache_write": 3, "cache_write_1h": 4, "cache_read": 5}
HELLO = [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize(
    ("model", "input_usd", "output_usd", "write_usd", "write_1h_usd", "read_usd"),
    [
        ("claude-sonnet-5-5", "2", "10", "2.5", "4", "0.1"),
        ("claude-opus-5-5", "4", "20", "5", "8", "0.2"),
        ("claude-fable-5-2", "8", "40", "10", "16", "0.2"),
        # A million tokens of prompt is long for this one: five times 0.10, 0.50, …
        ("claude-haiku-5-5", "0.5", "0.5", "0.625", "1", "0.05"),
    ],
)
def test_a_million_tokens_cost_what_the_table_says(
    model: str, input_usd: str, output_usd: str, write_usd: str, write_1h_usd: str, read_usd: str
) -> None:
    def cost(usage: Usage) -> Fraction:
        return Fraction(shipped_prices().cost_nanousd(model, usage) or 0, DOLLAR)

    assert cost(Usage(input_tokens=MILLION)) == Fraction(input_usd)
    assert cost(Usage(output_tokens=MILLION)) == Fraction(output_usd)
    assert cost(Usage(cache_write_tokens=MILLION)) == Fraction(write_usd)
    assert cost(Usage(cache_write_1h_tokens=MILLION)) == Fraction(write_1h_usd)
    assert cost(Usage(cache_read_tokens=MILLION)) == Fraction(read_usd)


@pytest.mark.parametrize(
    ("usage", "nanousd"),
    [
        (Usage(input_tokens=100_000, output_tokens=10), 100_000 * 100 + 10 * 500),
        (Usage(input_tokens=100_001, output_tokens=10), 5 * (100_001 * 100 + 10 * 500)),
        # What is read from the cache makes a prompt long as well.
        (Usage(input_tokens=1, cache_read_tokens=100_000), 5 * (100 + 100_000 * 10)),
    ],
)
def test_a_long_prompt_makes_all_of_a_haiku_call_five_times_dearer(usage: Usage, nanousd: int) -> None:
    assert shipped_prices().cost_nanousd("claude-haiku-5-5", usage) == nanousd


def test_a_dated_name_has_the_price_of_the_undated_one() -> None:
    usage = Usage(input_tokens=1000)

    assert (
        shipped_prices().cost_nanousd("claude-sonnet-5-5-20261015", usage)
        == shipped_prices().cost_nanousd("claude-sonnet-5-5", usage)
        == 2_000_000
    )


@pytest.mark.parametrize("model", ["claude-next", "claude-sonnet-5-5-large", "gpt", ""])
def test_an_unknown_model_has_no_price_which_is_not_zero(model: str) -> None:
    assert shipped_prices().cost_nanousd(model, Usage(input_tokens=1)) is None


@pytest.mark.parametrize("model", ["rehearsal", "scripted"])
def test_what_calls_no_provider_costs_nothing(model: str) -> None:
    assert shipped_prices().cost_nanousd(model, Usage(input_tokens=MILLION)) == 0


def test_a_part_of_a_nano_dollar_counts_as_a_whole_one() -> None:
    price = Price.from_table("m", ROW | {"input": "0.0375"})

    assert price.cost_nanousd(Usage(input_tokens=1)) == 38
    assert price.cost_nanousd(Usage(input_tokens=2)) == 75


@given(tokens=st.tuples(*[st.integers(0, 10**9)] * 5), micro_usd=st.tuples(*[st.integers(0, 10**9)] * 5))
def test_costs_are_exact_however_large(tokens: tuple[int, ...], micro_usd: tuple[int, ...]) -> None:
    kinds = ("input", "output", "cache_write", "cache_write_1h", "cache_read")
    price = Price.from_table(
        "m", {kind: Decimal(micro) / MILLION for kind, micro in zip(kinds, micro_usd, strict=True)}
    )
    usage = Usage(**{f"{kind}_tokens": count for kind, count in zip(kinds, tokens, strict=True)})

    exact = sum(Fraction(micro * count, 1000) for micro, count in zip(micro_usd, tokens, strict=True))

    assert exact <= price.cost_nanousd(usage) < exact + 1


def test_users_put_their_own_prices_over_the_table() -> None:
    table = shipped_prices().overridden_by({"claude-sonnet-5-5": ROW, "local": ROW | {"output": 0}})

    assert table.cost_nanousd("claude-sonnet-5-5", Usage(output_tokens=1)) == 2000
    assert table.cost_nanousd("local", Usage(output_tokens=1)) == 0
    assert table.cost_nanousd("claude-opus-5-5", Usage(output_tokens=1)) == 20_000
    assert shipped_prices().cost_nanousd("claude-sonnet-5-5", Usage(output_tokens=1)) == 10_000


@pytest.mark.parametrize(
    "row",
    [
        None,
        7,
        {},
        {"input": 1},
        ROW | {"output": "dear"},
        ROW | {"output": -1},
        ROW | {"output": "0.0000001"},
        ROW | {"output": "NaN"},
        ROW | {"long_prompt": 5},
        ROW | {"long_prompt": {"factor": "five"}},
    ],
)
def test_a_price_that_cannot_be_read_is_named(row: object) -> None:
    with pytest.raises(ConfigurationError, match="the price of local"):
        shipped_prices().overridden_by({"local": row})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"models": {}}', '{"as_of": "2026-11", "models": []}'])
def test_a_table_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        PriceTable.from_json(text)


def test_the_shipped_table_has_a_date() -> None:
    assert shipped_prices().as_of == "2026-11"


def test_the_worst_case_takes_a_token_for_three_bytes_and_all_the_output() -> None:
    request = ModelRequest("claude-sonnet-5-5", [], [], 10)

    short = PromptSize.of([request.system, request.tools, [{"role": "user", "content": "x" * 300}]]).worst_usage(50)
    wide = PromptSize.of([request.system, request.tools, [{"role": "user", "content": "漢" * 300}]]).worst_usage(50)

    assert 100 <= short.input_tokens < 120
    assert 300 <= wide.input_tokens < 320
    assert short.output_tokens == wide.output_tokens == 50


def test_the_estimate_covers_tools_and_system_and_a_cache_that_is_written() -> None:
    long = [{"type": "text", "text": "x" * 30_000}]
    bare = ModelRequest("claude-sonnet-5-5", [], [], 10)
    cached = ModelRequest(
        "claude-sonnet-5-5", [long[0] | {"cache_control": {"type": "ephemeral", "ttl": "1h"}}], [], 10
    )

    def estimate(request: ModelRequest) -> int:
        size = PromptSize.of([request.system, request.tools, HELLO])
        return shipped_prices().cost_nanousd(request.model, size.worst_usage(10)) or 0

    assert estimate(ModelRequest("claude-sonnet-5-5", long, [], 10)) > estimate(bare) + 10_000 * 2000
    assert estimate(ModelRequest("claude-sonnet-5-5", [], long, 10)) > estimate(bare) + 10_000 * 2000
    assert estimate(cached) > estimate(bare) + 10_000 * 4000


def test_money_left_buys_so_much_output_and_no_more() -> None:
    price = shipped_prices().price("claude-haiku-5-5")
    assert price

    assert price.affordable_output_tokens(100, 5_250) == 10
    assert price.affordable_output_tokens(100_001, 5_250) == 2
    assert price.affordable_output_tokens(100, -1) == 0
    assert Price.from_table("free", ROW | {"output": 0}).affordable_output_tokens(100, 0) > MILLION


@pytest.mark.parametrize(
    ("name", "model", "effort"),
    [
        ("economy", "claude-haiku-5-5", "low"),
        ("standard", "claude-haiku-5-5", "medium"),
        ("strong", "claude-sonnet-5-5", None),
        ("max", "claude-opus-5-5", None),
        ("llama-4", "llama-4", None),
    ],
)
def test_a_preset_stands_for_a_model_and_an_effort(name: str, model: str, effort: str | None) -> None:
    assert resolve_model(name) == (model, effort)


def test_every_preset_has_a_price() -> None:
    assert all(shipped_prices().price(model) for model, _ in PRESETS.values())


def test_no_model_at_all_is_refused() -> None:
    with pytest.raises(InvalidInput, match="economy, standard, strong, max"):
        resolve_model(" ")


def test_the_sizes_of_parts_add_up_to_that_of_the_whole() -> None:
    parts: list[object] = [[{"type": "text", "text": "Grüße"}], {"name": "a", "cache_control": {"type": "ephemeral"}}]
    commas_and_brackets = 3

    together = PromptSize.of(parts[0]) + PromptSize.of(parts[1])

    assert together.bytes + commas_and_brackets == PromptSize.of(parts).bytes
    assert together.writes_cache
    assert not PromptSize.of(parts[0]).writes_cache


def test_the_size_of_json_is_its_bytes() -> None:
    assert PromptSize.of_json('{"a": "\u00fc"}').bytes == len('{"a": "\u00fc"}'.encode())
    assert PromptSize.of_json('{"a": "\\u00fc"}').bytes == len('{"a": "\\u00fc"}')


def test_a_broken_character_counts_as_its_bytes() -> None:
    assert PromptSize.of("\ud800").bytes == 5


def test_a_third_of_the_bytes_is_the_worst_number_of_tokens() -> None:
    assert PromptSize(bytes=7).worst_usage(9) == Usage(input_tokens=3, output_tokens=9)
    assert PromptSize(bytes=7, writes_cache=True).worst_usage(9) == Usage(cache_write_1h_tokens=3, output_tokens=9)
