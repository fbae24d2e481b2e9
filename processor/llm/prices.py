"""What model calls cost, from a dated table that users can override, in whole nano-dollars.

No API tells prices. A model that is not in the table has no known price: its cost is None, never zero.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any, Self

from processor.errors import ConfigurationError, InvalidInput
from processor.llm.protocol import Usage

PRESETS: dict[str, tuple[str, str | None]] = {
    "economy": ("claude-haiku-5-5", "low"),
    "standard": ("claude-haiku-5-5", "medium"),
    "strong": ("claude-sonnet-5-5", None),
    "max": ("claude-opus-5-5", None),
}
"""What a task's `--model` may say instead of a model's name: the model, and the effort that it is asked for."""

DEFAULT_PRESET = "standard"

_PICO_PER_USD_PER_MILLION = 1_000_000  # a dollar for a million tokens is a million pico-dollars for one
_PICO_PER_NANO = 1_000
_BYTES_PER_TOKEN = 3
_UNLIMITED_TOKENS = 2**31
_KINDS = ("input", "output", "cache_write", "cache_write_1h", "cache_read")
_DATED = re.compile(r"-\d{8}$")


@dataclass(frozen=True, slots=True)
class Price:
    """Pico-dollars for a token of each kind, and what a long prompt multiplies all of them by."""

    input: int
    output: int
    cache_write: int
    cache_write_1h: int
    cache_read: int
    long_prompt_above_tokens: int | None = None
    long_prompt_factor: int = 1

    @classmethod
    def from_table(cls, name: str, row: object) -> Self:
        """Return the price that a row of the table states in USD per million tokens; raises ConfigurationError."""
        if not isinstance(row, Mapping):
            raise ConfigurationError(
                f"the price of {name} is no table: give {', '.join(_KINDS)} in USD per million tokens"
            )
        long_prompt = row.get("long_prompt") or {}
        try:
            return cls(
                **{kind: _pico(row[kind]) for kind in _KINDS},
                long_prompt_above_tokens=long_prompt.get("above_tokens"),
                long_prompt_factor=int(long_prompt.get("factor", 1)),
            )
        except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation):
            raise ConfigurationError(
                f"the price of {name} cannot be read: give {', '.join(_KINDS)} as USD per million tokens"
            ) from None

    def cost_nanousd(self, usage: Usage) -> int:
        """Return what these tokens cost; a part of a nano-dollar counts as a whole one."""
        pico = (
            usage.input_tokens * self.input
            + usage.output_tokens * self.output
            + usage.cache_write_tokens * self.cache_write
            + usage.cache_write_1h_tokens * self.cache_write_1h
            + usage.cache_read_tokens * self.cache_read
        )
        return -(-pico * self._factor(usage.prompt_tokens) // _PICO_PER_NANO)

    def affordable_output_tokens(self, prompt_tokens: int, nanousd: int) -> int:
        """Return how many tokens of output so much money pays for after a prompt of so many tokens."""
        each = self.output * self._factor(prompt_tokens)
        return max(0, nanousd) * _PICO_PER_NANO // each if each else _UNLIMITED_TOKENS

    def _factor(self, prompt_tokens: int) -> int:
        above = self.long_prompt_above_tokens
        return self.long_prompt_factor if above is not None and prompt_tokens > above else 1


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by model name; a dated name (`claude-haiku-5-5-20261015`) has the price of the undated one."""

    as_of: str
    prices: Mapping[str, Price]

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the table that such a document holds; raises ConfigurationError."""
        try:
            document = json.loads(text, parse_float=Decimal)
            rows, as_of = document["models"], str(document["as_of"])
        except (ValueError, KeyError, TypeError):
            raise ConfigurationError('the price table is not readable: it needs "as_of" and "models" in JSON') from None
        return cls(as_of, _prices(rows))

    def overridden_by(self, rows: Mapping[str, Any]) -> "PriceTable":
        """Return this table with the user's own rows put over it; raises ConfigurationError."""
        return PriceTable(self.as_of, {**self.prices, **_prices(rows)})

    def price(self, model: str) -> Price | None:
        """Return the price of a model, None if it is not known."""
        return self.prices.get(model) or self.prices.get(_DATED.sub("", model))

    def cost_nanousd(self, model: str, usage: Usage) -> int | None:
        """Return what a call cost, None if the model's price is not known."""
        price = self.price(model)
        return None if price is None else price.cost_nanousd(usage)


@cache
def shipped_prices() -> PriceTable:
    """Return the table that comes with the program."""
    return PriceTable.from_json(files(__package__).joinpath("prices.json").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class PromptSize:
    """How large a prompt is, as far as its price goes. Sizes of parts add up, so that none is looked at twice."""

    bytes: int
    writes_cache: bool = False

    @classmethod
    def of(cls, part: object) -> Self:
        """Return the size of some part of a request, as compact JSON in UTF-8."""
        return cls.of_json(json.dumps(part, ensure_ascii=False, separators=(",", ":")))

    @classmethod
    def of_json(cls, text: str) -> Self:
        """Return the size of what is JSON already; what is escaped in it counts as it stands."""
        length = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        return cls(length, '"cache_control"' in text)

    def __add__(self, other: "PromptSize") -> "PromptSize":
        return PromptSize(self.bytes + other.bytes, self.writes_cache or other.writes_cache)

    def worst_usage(self, max_tokens: int) -> Usage:
        """Return the usage of a call that misses the cache and says all it may.

        A token is taken for three bytes of the request: less than the four of English, about right for JSON, and one
        character of Chinese. A request that writes to the cache is taken to write all of itself, at the dearest rate.
        """
        tokens = -(-self.bytes // _BYTES_PER_TOKEN)
        if self.writes_cache:
            return Usage(cache_write_1h_tokens=tokens, output_tokens=max_tokens)
        return Usage(input_tokens=tokens, output_tokens=max_tokens)


def resolve_model(name: str) -> tuple[str, str | None]:
    """Return the model and the effort that a preset stands for; any other name is a model's own, with no effort set."""
    if not name.strip():
        raise InvalidInput(f"a task needs a model: one of {', '.join(PRESETS)}, or a model's name")
    return PRESETS.get(name, (name, None))


def _prices(rows: object) -> dict[str, Price]:
    if not isinstance(rows, Mapping):
        raise ConfigurationError("prices are given by model: a table of names, each with its price")
    return {str(name): Price.from_table(str(name), row) for name, row in rows.items()}


def _pico(usd_per_million: object) -> int:
    pico = Decimal(str(usd_per_million)) * _PICO_PER_USD_PER_MILLION
    if pico < 0 or pico != pico.to_integral_value():
        raise ValueError(usd_per_million)
    return int(pico)
